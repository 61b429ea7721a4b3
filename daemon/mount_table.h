// The kernel's table of mounts, as /proc/PID/mountinfo shows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace famfs::daemon {

struct MountEntry {
  std::string id;          // as fdinfo's mnt_id names it
  std::string device;      // "0:47": the file system's number, major:minor
  std::string mount_point; // unescaped
  std::string type;        // "fuse.famfs"
  std::string source;
};

[[nodiscard]] std::optional<MountEntry> parse_mount_line(std::string_view line);

// What is mounted last on exactly this path, in the mount namespace of a process ("self" or a pid).
[[nodiscard]] std::optional<MountEntry> find_mount(std::string_view process,
                                                   std::string_view mount_point);

} // namespace famfs::daemon
