// famfs flush: writes files back from this host's caches, by fsync(2).
#include "commands.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli.h"
#include "fs_ioctl.h"

#include <algorithm>
#include <cerrno>
#include <ostream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

constexpr int kMostErrors = 125; // above, a shell takes it for a signal

Result<void> flush(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, printable(path));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::not_regular, fmt::format("{}: not a regular file", printable(path)));
  }
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    return fail_errno(errno, printable(path));
  }
  if (auto view = file_view(fd.get(), path); !view) {
    return std::unexpected(view.error());
  }
  if (fsync(fd.get()) != 0) {
    return fail_errno(errno, printable(path));
  }
  return {};
}

} // namespace

int run_flush(Context& context, const Args& args) {
  bool verbose = false;
  Command command(context,
                  {.program = "famfs flush",
                   .purpose = "Writes files on a famfs mount back from this host's caches, "
                              "so that other hosts see them.",
                   .operands = "FILE…",
                   .notes = "\nExit: how many files could not be flushed.\n"});
  command.flag('v', "verbose", "name each file flushed", verbose);
  if (auto code = command.parse(args, 1)) {
    return *code;
  }
  int errors = 0;
  for (const std::string& path : command.operands()) {
    if (auto flushed = flush(path); !flushed) {
      command.fail(flushed.error());
      ++errors;
    } else if (verbose) {
      context.out << "flushed " << printable(path) << '\n';
    }
  }
  return std::min(errors, kMostErrors);
}

} // namespace famfs::tools
