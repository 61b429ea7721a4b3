#include "session.h"

#include "base/text.h"
#include "claim.h"
#include "counted_memory.h"
#include "presentation.h"

#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include <sys/stat.h>
#include <sys/vfs.h>

namespace famfs::daemon {
namespace {

// Through the registry, since whoever holds the device is to know: with a client mount that is not
// we.
void report_failure(holder::Registry& registry, const media::DeviceId& device,
                    const MountOptions& options, Failures& failures, const media::BadRange& range) {
  const bool holder = !options.client;
  if (!registry.report_failure(device, range.offset, range.length) || !holder) {
    failures.note(range.offset, range.length);
  }
}

std::string hint_for(int error, const std::string& path) {
  switch (error) {
  case ENOENT:
    return "make it first";
  case ENOTCONN:
    return fmt::format("the daemon that was mounted there is gone: umount {} first",
                       printable(path));
  default:
    return {};
  }
}

} // namespace

Result<std::string> check_mount_point(const std::string& path) {
  struct stat found{};
  char resolved[PATH_MAX]; // NOLINT(modernize-avoid-c-arrays): realpath's
  struct statfs asked{};   // of a daemon that is gone: attributes the kernel may still know
  if (::realpath(path.c_str(), resolved) == nullptr || ::stat(resolved, &found) != 0 ||
      ::statfs(resolved, &asked) != 0) {
    return fail_errno(errno, fmt::format("mount point {}", printable(path)), hint_for(errno, path));
  }
  if (!S_ISDIR(found.st_mode)) {
    return fail(Errc::not_directory,
                fmt::format("mount point {}: not a directory: give one", printable(path)));
  }
  return std::string(resolved);
}

Result<void> run_session(const CommandLine& line, const std::function<void()>& ready) {
  const auto access = line.options.read_only ? media::Access::read_only : media::Access::read_write;
  const auto device = media::Device::open(line.device, access);
  if (!device) {
    return std::unexpected(device.error());
  }
  // Destroyed in reverse: what is presented, its memory, the claim, and last the registry whose
  // thread may still call back into `failures`.
  Failures failures(line.device);
  holder::Registry registry;
  const auto claim = claim_device(registry, *device, line, failures);
  if (!claim) {
    return std::unexpected(claim.error());
  }
  MemoryWatch watch([&](const media::BadRange& range) {
    report_failure(registry, device->info().id, line.options, failures, range);
  });
  const auto memory = device->map(0, [&](const media::BadRange& range) { watch.met(range); });
  if (!memory) {
    return std::unexpected(memory.error());
  }
  Metrics metrics;
  CountedMemory counted(**memory, metrics);
  const Ground ground{.line = line,
                      .device = device->info(),
                      .memory = counted,
                      .registry = registry,
                      .failures = failures,
                      .watch = watch,
                      .metrics = metrics,
                      .ready = ready};
  return line.options.raw ? present_raw(ground) : present_files(ground);
}

} // namespace famfs::daemon
