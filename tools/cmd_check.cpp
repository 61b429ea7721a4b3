// famfs check: has every file of a mount a map that can be used? Asks the daemon, file by file;
// famfs fsck looks at the log itself.
#include "commands.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli.h"
#include "format/layout.h"
#include "fs_ioctl.h"
#include "mount_point.h"
#include "path_text.h"

#include <cerrno>
#include <filesystem>
#include <map>
#include <ostream>

#include <fcntl.h>

namespace famfs::tools {
namespace {

namespace fs = std::filesystem;

class Checker {
public:
  Checker(Context& context, const Command& command, bool verbose)
      : context_(context), command_(command), verbose_(verbose) {}

  void tree(const std::string& directory) {
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    for (; !error && entries != fs::directory_iterator() && !context_.interrupted.load();
         entries.increment(error)) {
      const std::string path = entries->path().string();
      std::error_code unknown; // then it is taken for a file, and the open says why
      if (entries->is_directory(unknown)) {
        ++directories;
        tree(path);
      } else {
        ++files;
        tell(path, file(path));
      }
    }
    if (error) {
      tell(directory, fail_errno(error.value(), printable(directory)));
    }
  }

  std::uint64_t files = 0, directories = 0, faults = 0;

private:
  void tell(const std::string& path, const Result<void>& result) {
    if (!result) {
      ++faults;
      command_.fail(result.error());
    } else if (verbose_) {
      context_.out << printable(path) << ": good\n";
    }
  }

  Result<void> file(const std::string& path) {
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (!fd) {
      return fail_errno(errno, printable(path));
    }
    const auto view = file_view(fd.get(), path);
    if (!view) {
      return std::unexpected(view.error());
    }
    if (view->map.capacity() < view->size) {
      return fail(Errc::corrupt, fmt::format("{}: {} bytes, but its extents hold {}",
                                             printable(path), view->size, view->map.capacity()));
    }
    for (const format::Extent& extent : view->map.extents) {
      if (auto good = place(path, extent, view->device_size); !good) {
        return good;
      }
    }
    return {};
  }

  Result<void> place(const std::string& path, const format::Extent& extent, std::uint64_t device) {
    if (extent.length == 0 || extent.offset < format::kLogOffset + format::kMinLogLength ||
        extent.offset > device || extent.length > device - extent.offset) {
      return fail(Errc::corrupt,
                  fmt::format("{}: extent at {:#x}, {:#x} bytes: not in the data "
                              "area of a device of {:#x} bytes",
                              printable(path), extent.offset, extent.length, device));
    }
    const auto after = taken_.lower_bound(extent.offset);
    const auto* const other =
        after != taken_.end() && after->first < extent.offset + extent.length ? &after->second
        : after != taken_.begin() && std::prev(after)->second.end > extent.offset
            ? &std::prev(after)->second
            : nullptr;
    if (other != nullptr) {
      return fail(Errc::corrupt,
                  fmt::format("{}: extent at {:#x}: {} has it too (cross-linked): famfs fsck tells "
                              "more",
                              printable(path), extent.offset, printable(other->path)));
    }
    taken_[extent.offset] = {.end = extent.offset + extent.length, .path = path};
    return {};
  }

  struct Taken {
    std::uint64_t end = 0;
    std::string path;
  };
  Context& context_;
  const Command& command_;
  bool verbose_;
  std::map<std::uint64_t, Taken> taken_; // by first byte
};

Result<void> below(Checker& checker, const Context& context, const std::string& path) {
  if (auto mount = mount_of(context, path); !mount) {
    return std::unexpected(mount.error());
  }
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return fail(Errc::not_directory,
                fmt::format("{}: not a directory: name a mount", printable(path)));
  }
  const UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (const auto told = status(directory.get(), path);
      told && told->value("presentation", "") == "raw") {
    return fail(Errc::unsupported, fmt::format("{}: a raw mount: it shows the device and no files: "
                                               "mount it without -o raw",
                                               printable(path)));
  }
  checker.tree(path);
  return {};
}

} // namespace

int run_check(Context& context, const Args& args) {
  bool verbose = false;
  Command command(context, {.program = "famfs check",
                            .purpose = "Looks at the map of every file in a mount, or below a "
                                       "directory of it.",
                            .operands = "DIRECTORY"});
  command.flag('v', "verbose", "name the good ones too", verbose);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  const std::string& path = command.operands()[0];
  Checker checker(context, command, verbose);
  if (auto done = below(checker, context, path); !done) {
    return command.fail(done.error());
  }
  context.out << fmt::format("{}: {} files, {} directories: {}\n", printable(path), checker.files,
                             checker.directories,
                             checker.faults == 0 ? "every file has a valid map"
                                                 : fmt::format("{} faults", checker.faults));
  if (context.interrupted.load()) {
    return command.fail(Error{Errc::interrupted, fmt::format("{}: interrupted", printable(path))});
  }
  return checker.faults == 0 ? 0 : to_exit(Errc::corrupt);
}

} // namespace famfs::tools
