// umount(8)'s helper. umount(2) returns when the mount is gone, but the daemon may still be committing
// what was pending and holds the device: `umount X && fsck.famfs DEV` needs it to be done.
#pragma once

#include <span>
#include <string>

namespace famfs::daemon {

// args as umount(8) gives them: MNT [-flnrv] [-N namespace] [-t type]. Returns the exit code.
[[nodiscard]] int run_umount_helper(std::span<const std::string> args);

} // namespace famfs::daemon
