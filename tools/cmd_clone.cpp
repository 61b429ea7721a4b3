// famfs clone: damages a file system on purpose, so that fsck can be shown a fault.
#include "commands.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli.h"
#include "existing_file.h"
#include "fs_ioctl.h"
#include "identity.h"
#include "new_file.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

// The daemon checks the same; an ioctl can only answer with an errno.
Result<void> can_be_shared(int fd, const std::string& source) {
  if (geteuid() != 0) {
    return fail(Errc::not_permitted,
                fmt::format("{}: only root may damage a file system", printable(source)));
  }
  const auto view = file_view(fd, source);
  if (!view) {
    return std::unexpected(view.error());
  }
  if (view->pending || view->map.extents.empty()) {
    return fail(Errc::invalid,
                fmt::format("{}: {}: name a file with content, committed by fsync or close",
                            printable(source), view->pending ? "not committed yet" : "empty"));
  }
  return {};
}

Result<void> clone(const std::string& source, const std::string& to) {
  const auto from = ExistingFile::open(source, false, true);
  if (!from) {
    return std::unexpected(from.error());
  }
  if (auto can = can_be_shared(from->fd(), source); !can) {
    return can;
  }
  struct stat status{};
  struct stat made{};
  if (fstat(from->fd(), &status) != 0) {
    return fail_errno(errno, printable(source));
  }
  const auto fd = create_file(to, {.uid = {}, .gid = {}, .mode = status.st_mode & 0777});
  if (!fd) {
    return std::unexpected(with_room_left(fd.error(), to));
  }
  const UniqueFd file(*fd);
  auto done =
      fstat(file.get(), &made) != 0 ? fail_errno(errno, printable(to))
      : made.st_dev != status.st_dev
          ? fail(Errc::invalid, fmt::format("{}: not in the mount of {}: name a file that is",
                                            printable(to), printable(source)))
          : tools::clone(file.get(), to, status.st_ino);
  if (!done) {
    unlink(to.c_str()); // ours, and nothing is in it
  }
  return done;
}

} // namespace

int run_clone(Context& context, const Args& args) {
  bool yes = false;
  Command command(context,
                  {.program = "famfs clone",
                   .purpose = "Makes NEW a file on the same bytes as FILE: a fault, for testing "
                              "fsck. The next mount refuses NEW. Root only.",
                   .operands = "FILE NEW"});
  command.flag('\0', "yes-corrupt", "yes, the file system is to be damaged", yes);
  if (auto code = command.parse(args, 2, 2)) {
    return *code;
  }
  const Args& operands = command.operands();
  if (!yes) {
    return command.usage(fmt::format("{}: a clone damages the file system: give --yes-corrupt if "
                                     "that is what you want",
                                     printable(operands[1])));
  }
  const auto cloned = clone(operands[0], operands[1]);
  return cloned ? 0 : command.fail(cloned.error());
}

} // namespace famfs::tools
