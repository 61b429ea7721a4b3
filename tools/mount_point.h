// Which famfs mount a path lies in, and which mounts a device has: read from the kernel's mount
// table.
#pragma once

#include "base/error.h"
#include "base/slow_answer.h"
#include "context.h"

#include <cstdint>
#include <string>
#include <vector>

namespace famfs::tools {

struct MountPoint {
  std::string device;    // the source: as given to mount(8)
  std::string directory; // where
  std::string options;   // the file system's own
  bool read_only = false;
  std::uint64_t st_dev = 0;
};

// Says so on standard error, as any tool, when the daemon under `path` is slow to answer.
[[nodiscard]] SlowAnswer tell_when_slow(const Context& context, std::string path);

// Every famfs mount, in the order of mounting.
[[nodiscard]] Result<std::vector<MountPoint>> famfs_mounts(const Context& context);

// The mount that `path` (which is there) lies in. not_famfs when it is not a famfs mount.
[[nodiscard]] Result<MountPoint> mount_of(const Context& context, const std::string& path);

// The mounts of a device, whichever of its paths was used for the mount.
[[nodiscard]] Result<std::vector<MountPoint>> mounts_of_device(const Context& context,
                                                               const std::string& device);

} // namespace famfs::tools
