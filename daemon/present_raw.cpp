#include "base/diag.h"
#include "base/text.h"
#include "presentation.h"
#include "raw/mount.h"

#include <fmt/format.h>

#include <cerrno>
#include <new>

namespace famfs::daemon {

Result<void> present_raw(const Ground& ground) {
  const media::DeviceInfo& device = ground.device;
  if (ground.memory.size() != device.size) { // a file can have any
    return fail(Errc::unsupported,
                fmt::format("{}: {} bytes: not a multiple of {}, so it cannot be mapped whole: cut "
                            "it with truncate(1)",
                            printable(device.path), device.size, device.alignment));
  }
  struct stat node{};
  if (::stat(device.path.c_str(), &node) != 0) {
    return fail_errno(errno, printable(device.path));
  }
  volume::BadMemory bad(device.bad.value_or(media::BadRanges()));
  const auto withdraw = [&](const media::BadRange& range) {
    try {
      bad.add(range, device.size);
    } catch (const std::bad_alloc&) { // it is met again
      diag::warning("{} bytes of bad memory at offset {}: out of memory to note them in",
                    range.length, range.offset);
    }
  };
  const Watching watching(
      ground, {.file_in = [](const media::BadRange&) { return std::string(raw::kName); },
               .withdraw = withdraw});
  raw::RawMount mount(ground, node, bad);
  return serve(mount, raw::operations(), "raw");
}

} // namespace famfs::daemon
