// famfsd's command line and mount options, as values. Pure: looks at nothing but its arguments.
#pragma once

#include "base/config.h"
#include "base/error.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::daemon {

// Are we mount(8)'s helper? It is run by name (mount.famfs, mount.fuse.famfs), with flags of its
// own.
[[nodiscard]] bool called_as_helper(std::string_view program) noexcept;

struct MountOptions {
  bool read_only = false;
  bool raw = false;    // one file, the device itself, in place of the files on it
  bool client = false; // stands for another host, whatever the UUIDs say
  bool debug = false;
  Config config;                   // what has a default in famfs.yaml
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

// args[0] is the program's name. `defaults` is asked for what the options go over once the rest is
// understood and no help was wanted; its error is passed on. Errc::usage names what is wrong, in
// one line.
using Defaults = std::function<Result<Config>()>;
[[nodiscard]] Result<CommandLine> parse_command_line(std::span<const std::string> args,
                                                     const Defaults& defaults);

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
