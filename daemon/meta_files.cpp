#include "meta_files.h"

#include "format/layout.h"
#include "tree/tree.h"

namespace famfs::daemon::meta {

std::optional<Range> range(std::uint64_t node, const format::Geometry& geometry) noexcept {
  if (node == kSuperblock) {
    return Range{0, format::kSuperblockRegion};
  }
  if (node == kLog) {
    return Range{format::kLogOffset, geometry.log_length};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> find(std::uint64_t parent, std::string_view name) noexcept {
  if (parent == tree::kRoot && name == kDirectoryName) {
    return kDirectory;
  }
  if (parent == kDirectory) {
    for (const Child& child : kChildren) {
      if (child.name == name) {
        return child.node;
      }
    }
  }
  return std::nullopt;
}

} // namespace famfs::daemon::meta
