// famfsd's command line and mount options, as values. Pure: looks at nothing but its arguments.
#pragma once

#include "base/diag.h"
#include "base/error.h"
#include "base/uuid.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::daemon {

// Are we mount(8)'s helper? It is run by name (mount.famfs, mount.fuse.famfs), with flags of its
// own.
[[nodiscard]] bool called_as_helper(std::string_view program) noexcept;

enum class MmapPolicy : std::uint8_t {
  refused, // MAP_SHARED through the page cache gives ENODEV: it cannot be coherent between hosts
  cached,  // the page cache, for one host
};

struct MountOptions {
  bool read_only = false;
  bool client = false; // stands for another host, whatever the UUIDs say
  std::optional<Uuid> system_uuid;
  MmapPolicy mmap = MmapPolicy::refused;
  bool user_access = true;                     // other users than the mounting one
  bool default_permissions = true;             // the kernel checks permission bits
  std::optional<std::uint32_t> uid, gid, mode; // the root directory's
  std::optional<double> timeout;               // seconds the kernel may keep what is committed
  std::optional<diag::Level> log_level;
  bool debug = false;
  std::vector<std::string> kernel; // nosuid, noexec, context=…: the kernel's, in the order given
};

// An option as it is declared, once: what it does stands beside it in the tables of the two files.
struct OptionInfo {
  char key = 0; // 0: no short form. A mount option has none
  std::string_view name{};
  std::string_view value{}; // empty: takes none
  std::string_view help{};
};

struct CommandLine {
  std::string device;
  std::string mount_point;
  bool foreground = false;
  bool fake = false; // mount(8)'s -f: all but the mounting
  bool help = false;
  bool version = false;
  bool list = false; // the options, as JSON
  MountOptions options;
};

// args[0] is the program's name. Errc::usage names what is wrong, in one line.
[[nodiscard]] Result<CommandLine> parse_command_line(std::span<const std::string> args);

// One -o list, added to what is there. `sloppy`: unknown options are ignored.
[[nodiscard]] Result<void> parse_mount_options(std::string_view list, bool sloppy,
                                               MountOptions& into);

struct MountOptionNames {
  std::vector<OptionInfo> ours;
  std::vector<std::string_view> kernel, ignored; // those that end in '=' or '-' are beginnings
};
[[nodiscard]] MountOptionNames mount_option_names();

struct Caller {
  bool root = false;
  bool may_allow_other = false; // root, or user_allow_other in /etc/fuse.conf
};
// What the kernel (or fusermount3) is asked for: the text after libfuse's -o.
[[nodiscard]] std::string kernel_mount_options(const CommandLine& line, const Caller& caller);

[[nodiscard]] std::string usage_text(std::string_view program);
// The same for machines, as the tools give it (tools/cli.h), with the mount options.
[[nodiscard]] std::string options_json(std::string_view program);

} // namespace famfs::daemon
