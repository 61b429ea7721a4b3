#include "map_text.h"

#include <fmt/format.h>

#include <iterator>

namespace famfs::daemon {

std::string map_text(const volume::Volume::MapView& view) {
  const bool interleaved = view.map.kind == format::MapKind::interleaved;
  std::string out =
      fmt::format("kind: {}\nsize: {}\nstate: {}\n", interleaved ? "interleaved" : "simple",
                  view.size, view.pending ? "pending" : "committed");
  const auto add = std::back_inserter(out);
  if (interleaved) {
    fmt::format_to(add, "chunk: {:#x}\n", view.map.chunk);
  }
  fmt::format_to(add, "{}:{}\n", interleaved ? "strips" : "extents",
                 view.map.extents.empty() ? " []" : "");
  for (const format::Extent& extent : view.map.extents) {
    fmt::format_to(add, "  - {{device: {}, offset: {:#x}, length: {:#x}}}\n", extent.device,
                   extent.offset, extent.length);
  }
  return out;
}

} // namespace famfs::daemon
