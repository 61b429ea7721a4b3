// famfs umount: ends a mount, and waits until its daemon has let go of the device, so that what
// comes next (mkfs, fsck, a mount) finds it free.
#include "commands.h"

#include "base/text.h"
#include "cli.h"
#include "media/device.h"
#include "mount_point.h"
#include "run_program.h"

#include <cerrno>
#include <chrono>
#include <ostream>
#include <thread>

#include <sys/mount.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

using namespace std::chrono_literals;
constexpr auto kMostWait = 60s; // a daemon that still commits what is pending
constexpr auto kLook = 20ms;

Result<void> unmount(const std::string& directory) {
  if (umount2(directory.c_str(), 0) == 0) {
    return {};
  }
  const int err = errno;
  if (err != EPERM || geteuid() == 0) {
    return fail_errno(err, printable(directory),
                      err == EBUSY    ? "a program still uses it: fuser -vm names it"
                      : err == EINVAL ? "not a mount point: famfs status lists them"
                                      : "");
  }
  auto finished =
      run_program("fusermount3", {"fusermount3", "-u", "--", directory}); // the way for other users
  if (!finished) {
    return std::unexpected(finished.error());
  }
  if (finished->exit != 0) {
    std::string why = finished->errors.substr(0, finished->errors.find('\n'));
    return fail(Errc::system, fmt::format("{}: {}", printable(directory), printable(why)));
  }
  return {};
}

// The holder as it was before: somebody else may have taken the device meanwhile.
Result<void> wait_until_free(const Context& context, const holder::Record& before) {
  const holder::Registry registry(context.holders);
  const auto until = std::chrono::steady_clock::now() + kMostWait;
  for (;;) {
    const auto now = registry.holder(before.device);
    if (!now || now->pid != before.pid) {
      return {};
    }
    if (context.interrupted.load() || std::chrono::steady_clock::now() > until) {
      return fail(Errc::timed_out, fmt::format("{}: unmounted, but still held by {}",
                                               printable(before.device_path), now->text()));
    }
    std::this_thread::sleep_for(kLook);
  }
}

Result<void> work(const Context& context, const std::string& path) {
  const auto mount = mount_of(context, path);
  std::optional<holder::Record> before;
  if (mount) {
    if (const auto info = media::inspect(mount->device)) {
      before = holder::Registry(context.holders).holder(info->id);
    }
  } else if (mount.error().code == Errc::not_famfs) {
    return std::unexpected(mount.error());
  } // else its daemon is dead: the name is still to be unmounted
  if (auto done = unmount(path); !done) {
    return done;
  }
  const bool ours =
      before && (before->mount_point.empty() || before->mount_point == mount->directory);
  return ours ? wait_until_free(context, *before) : Result<void>{};
}

} // namespace

int run_umount(Context& context, const Args& args) {
  bool ignored = false;
  Command command(context,
                  {.program = "famfs umount",
                   .purpose = "Unmounts a famfs file system and waits until its daemon has "
                              "let go of the device.",
                   .operands = "DIRECTORY",
                   .style = ExitStyle::mount});
  command.flag('v', "verbose", "accepted for scripts", ignored);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  if (auto done = work(context, command.operands()[0]); !done) {
    return command.fail(done.error());
  }
  return 0;
}

} // namespace famfs::tools
