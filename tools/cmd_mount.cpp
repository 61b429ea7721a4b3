// famfs mount: runs famfsd with its options in its own words; famfsd returns when the mount is
// ready.
#include "commands.h"

#include "base/text.h"
#include "cli.h"
#include "mount_point.h"
#include "path_text.h"
#include "run_program.h"

#include <ostream>

#include <sys/vfs.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

struct Options {
  bool no_user_access = false;
  bool no_default_permissions = false;
  bool debug = false;
  bool ignored = false;
  std::optional<std::uint32_t> timeout;
  std::vector<std::string> lists;
};

std::string daemon_program(const Context& context) {
  for (const char* place : {"../sbin/famfsd", "famfsd"}) {
    std::string path = join(context.program_directory, place);
    if (access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return "famfsd";
}

// famfsd's errors begin with the name that it was called by: ours.
Args daemon_command(const std::string& name, const Options& options, const Args& operands) {
  std::vector<std::string> lists = options.lists;
  if (options.timeout) {
    lists.push_back(fmt::format("timeout={}", *options.timeout));
  }
  if (options.no_user_access) {
    lists.emplace_back("nouseraccess");
  }
  if (options.no_default_permissions) {
    lists.emplace_back("nodefaultperm");
  }
  if (options.debug) {
    lists.emplace_back("loglevel=debug"); // not -d: that would stay in the foreground
  }
  Args command{name};
  for (const std::string& list : lists) {
    command.insert(command.end(), {"-o", list});
  }
  command.insert(command.end(), {"--", operands[0], operands[1]});
  return command;
}

} // namespace

int run_mount(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "famfs mount",
                            .purpose = "Mounts the famfs file system on DEVICE at DIRECTORY, and "
                                       "returns when it is ready.",
                            .operands = "DEVICE DIRECTORY",
                            .style = ExitStyle::mount});
  command
      .number('t', "timeout", "SECONDS", "how long the kernel may keep names and attributes",
              options.timeout)
      .flag('u', "nouseraccess", "only for the mounting user", options.no_user_access)
      .flag('p', "nodefaultperm", "the kernel does not check permissions",
            options.no_default_permissions)
      .list('o', "options", "LIST", "options as for mount(8): ro, client, mmap=cached, …",
            options.lists)
      .flag('d', "debug", "the daemon logs every request", options.debug)
      .flag('v', "verbose", "accepted for scripts", options.ignored)
      .flag('f', "fuse", "accepted for scripts", options.ignored);
  if (auto code = command.parse(args, 2, 2)) {
    return *code;
  }
  {
    // famfsd asks it too, but what that says is heard when it has ended.
    const auto slow = tell_when_slow(context, command.operands()[1]);
    struct statfs answer{};
    static_cast<void>(statfs(command.operands()[1].c_str(), &answer));
  }
  const auto finished = run_program(daemon_program(context),
                                    daemon_command(command.program(), options, command.operands()));
  if (!finished) {
    return command.fail(finished.error());
  }
  context.err << finished->errors;
  return finished->exit;
}

} // namespace famfs::tools
