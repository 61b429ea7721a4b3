// famfs exec: a program that knows nothing of famfs, with the preload library in front of its libc.
#include "commands.h"

#include "base/text.h"
#include "cli.h"
#include "path_text.h"

#include <cerrno>
#include <cstdlib>

#include <unistd.h>

namespace famfs::tools {
namespace {

// As shells say it.
constexpr int kCannotRun = 126;
constexpr int kNotFound = 127;

Result<std::string> preload_library(const Context& context) {
  const std::string beside =
      join(context.program_directory, "../" FAMFS_PRELOAD_BESIDE); // moved or staged installs
  for (const std::string& path : {beside, std::string(FAMFS_PRELOAD_PATH)}) {
    if (access(path.c_str(), R_OK) == 0) {
      return path;
    }
  }
  return fail(Errc::not_found, fmt::format("{}: not there: is famfs installed whole?", beside));
}

} // namespace

int run_exec(Context& context, const Args& args) {
  Command command(context,
                  {.program = "famfs exec",
                   .purpose = "Runs PROGRAM with its mmap(2) of famfs files going straight "
                              "to the device's pages.",
                   .operands = "[--] PROGRAM [ARGUMENT…]",
                   .stop_at_operand = true});
  if (auto code = command.parse(args, 1)) {
    return *code;
  }
  const auto library = preload_library(context);
  if (!library) {
    command.fail(library.error());
    return kCannotRun;
  }
  const char* const before = getenv("LD_PRELOAD");
  const std::string value =
      before == nullptr || *before == '\0' ? *library : *library + ' ' + before;
  if (setenv("LD_PRELOAD", value.c_str(), 1) != 0) {
    return command.fail(fail_errno(errno, "LD_PRELOAD").error());
  }
  const int err = context.replace_process(command.operands());
  command.fail(fail_errno(err, printable(command.operands()[0])).error());
  return err == ENOENT ? kNotFound : kCannotRun;
}

} // namespace famfs::tools
