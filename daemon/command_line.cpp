#include "options.h"

#include "base/text.h"

#include <fmt/format.h>

namespace famfs::daemon {
namespace {

class Parser {
public:
  explicit Parser(std::span<const std::string> args)
      : args_(args), helper_(called_as_helper(args.empty() ? "" : args[0])) {}

  Result<CommandLine> run() {
    for (next_ = 1; next_ < args_.size();) {
      if (auto taken = take(args_[next_++]); !taken) {
        return std::unexpected(std::move(taken.error()));
      }
    }
    return finish();
  }

private:
  Result<void> take(std::string_view arg) {
    if (only_names_ || arg.size() < 2 || arg[0] != '-') {
      names_.emplace_back(arg);
      return {};
    }
    if (arg == "--") {
      only_names_ = true;
      return {};
    }
    if (arg.starts_with("--")) {
      return take_long(arg);
    }
    for (std::size_t i = 1; i < arg.size(); ++i) {
      const char flag = arg[i];
      if (flag == 'o' || (flag == 't' && helper_) || (flag == 'N' && helper_)) {
        return take_value(flag, arg.substr(i + 1));
      }
      if (auto set = take_flag(flag); !set) {
        return set;
      }
    }
    return {};
  }

  Result<void> take_long(std::string_view arg) {
    if (arg == "--help") {
      line_.help = true;
      return {};
    }
    if (arg == "--version") {
      line_.version = true;
      return {};
    }
    return unknown(arg);
  }

  Result<void> take_flag(char flag) {
    switch (flag) {
    case 'f':
      (helper_ ? line_.fake : line_.foreground) = true;
      break;
    case 'd':
      line_.options.debug = true;
      break;
    case 's':
      sloppy_ = true;
      break;
    case 'n': // no mtab to write since mount(8) reads /proc
    case 'v': // failures say everything as it is
      break;
    case 'r':
    case 'w':
      lists_.emplace_back(flag == 'r' ? "ro" : "rw");
      break;
    case 'h':
    case '?':
      line_.help = true;
      break;
    case 'V':
      line_.version = true;
      break;
    default:
      return unknown(std::string{'-', flag});
    }
    return {};
  }

  // The rest of the argument, or the next one.
  Result<void> take_value(char flag, std::string_view rest) {
    if (rest.empty()) {
      if (next_ == args_.size()) {
        return fail(Errc::usage, fmt::format("option -{}: needs a value: see --help", flag));
      }
      rest = args_[next_++];
    }
    if (flag == 'o') {
      lists_.emplace_back(rest);
    } // -t: we are one type whatever it is called; -N: mount(8) has switched the namespace already
    return {};
  }

  Result<CommandLine> finish() {
    if (line_.help || line_.version) {
      return line_;
    }
    for (const std::string& list : lists_) { // last, since -s may come after -o
      if (auto set = parse_mount_options(list, sloppy_, line_.options); !set) {
        return std::unexpected(std::move(set.error()));
      }
    }
    line_.foreground = line_.foreground || line_.options.debug;
    if (names_.size() != 2) {
      return fail(Errc::usage,
                  fmt::format("{} given: a device and a mount point are needed: see --help",
                              names_.empty()       ? std::string("nothing")
                              : names_.size() == 1 ? "only " + printable(names_[0])
                                                   : printable(names_[2]) + " too"));
    }
    line_.device = names_[0];
    line_.mount_point = names_[1];
    return line_;
  }

  static Result<void> unknown(std::string_view option) {
    return fail(Errc::usage, fmt::format("option {}: unknown: see --help", printable(option)));
  }

  std::span<const std::string> args_;
  bool helper_;
  std::size_t next_ = 1;
  bool only_names_ = false;
  bool sloppy_ = false;
  std::vector<std::string> names_;
  std::vector<std::string> lists_;
  CommandLine line_;
};

} // namespace

Result<CommandLine> parse_command_line(std::span<const std::string> args) {
  return Parser(args).run();
}

std::string usage_text(std::string_view program) {
  return fmt::format(R"(Usage: {} DEVICE DIRECTORY [-o OPTION,...]
Mounts the famfs file system on DEVICE (a /dev/daxX.Y, or a file that stands in for one).

  -f               stay in the foreground (as mount(8)'s helper: do all but the mounting)
  -d               debug: every request on standard error, in the foreground
  -h, --help       this text
  -V, --version    the version

Mount options:
  ro, rw           read-only or not
  client           stand for another host: append nothing, claim nothing
  system_uuid=ID   this host's system UUID, instead of the file's
  mmap=refused     MAP_SHARED without libfamfs gives ENODEV (the default)
  mmap=cached      MAP_SHARED through the page cache; for one host
  nouseraccess     only the mounting user may enter
  nodefaultperm    the kernel does not check permission bits
  uid= gid= mode=  of the root directory, which the format does not record
  timeout=SECONDS  how long the kernel may keep names and attributes of committed files (3600)
  loglevel=LEVEL   debug, info, warning, error
  suid dev (root), noexec noatime sync …, and what fstab adds: see mount(8)
)",
                     program);
}

} // namespace famfs::daemon
