#include "umount_helper.h"

#include "base/fd.h"
#include "holder/registry.h"
#include "mount_table.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

constexpr int kUsage = 1;
constexpr int kFailed = 32;
constexpr int kPatienceMs = 30'000;

struct Request {
  std::string mount_point;
  int flags = 0;
  bool lazy = false;
};

Request parse(std::span<const std::string> args) {
  Request out;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "-t" || arg == "-N" || arg == "-O") {
      ++i;
    } else if (arg.starts_with('-')) {
      out.lazy = out.lazy || arg.find('l') != std::string::npos;
      out.flags |= arg.find('l') != std::string::npos ? MNT_DETACH : 0;
      out.flags |= arg.find('f') != std::string::npos ? MNT_FORCE : 0;
    } else {
      out.mount_point = arg;
    }
  }
  return out;
}

std::vector<UniqueFd> daemons_of(const std::string& mount_point) {
  std::vector<UniqueFd> out;
  for (const holder::Record& record : holder::Registry().list()) {
    if (record.live && record.mount_point == mount_point) {
      const long fd = ::syscall(SYS_pidfd_open, record.pid, 0);
      if (fd >= 0) {
        out.emplace_back(static_cast<int>(fd));
      }
    }
  }
  return out;
}

// Another mount of it (a bind mount, another namespace) keeps the daemon: then there is nothing to wait
// for. The directory is gone with the last one.
bool has_other_mounts(const MountEntry& entry) {
  const std::string minor = entry.device.substr(entry.device.find(':') + 1);
  return std::filesystem::exists("/sys/fs/fuse/connections/" + minor);
}

int unmount_as_user(const Request& request) {
  ::execlp("fusermount3", "fusermount3", "-u", request.lazy ? "-z" : "-q", "--",
           request.mount_point.c_str(), nullptr);
  std::fputs(fmt::format("umount.famfs: fusermount3: {}\n", std::strerror(errno)).c_str(), stderr);
  return kFailed;
}

} // namespace

int run_umount_helper(std::span<const std::string> args) {
  const Request request = parse(args);
  if (request.mount_point.empty()) {
    std::fputs("umount.famfs: no mount point given: run it through umount(8)\n", stderr);
    return kUsage;
  }
  const auto entry = find_mount("self", request.mount_point);
  const auto daemons = daemons_of(request.mount_point);
  if (::umount2(request.mount_point.c_str(), request.flags) != 0) {
    if (errno == EPERM && ::geteuid() != 0) {
      return unmount_as_user(request);
    }
    std::fputs(fmt::format("umount.famfs: {}: {}\n", request.mount_point, std::strerror(errno)).c_str(),
               stderr);
    return kFailed;
  }
  if (request.lazy || !entry || has_other_mounts(*entry)) {
    return 0;
  }
  for (const UniqueFd& daemon : daemons) {
    pollfd wait{.fd = daemon.get(), .events = POLLIN, .revents = 0};
    static_cast<void>(::poll(&wait, 1, kPatienceMs));
  }
  return 0;
}

} // namespace famfs::daemon
