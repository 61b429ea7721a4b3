#include "holder/locks.h"

#include "base/text.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace famfs::holder {

namespace {

// 0, or an errno; EWOULDBLOCK: held by somebody.
int try_lock(int fd, LockKind kind) noexcept {
  const int operation = (kind == LockKind::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  while (::flock(fd, operation) != 0) {
    if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::unexpected<Error> not_locked(int err, const std::string& what) {
  return err == EWOULDBLOCK
             ? fail(Errc::busy, fmt::format("{}: locked by another", printable(what)))
             : fail_errno(err, printable(what));
}

bool is_device(int fd, const media::DeviceId& id) noexcept {
  struct stat st{};
  if (::fstat(fd, &st) != 0) {
    return false;
  }
  if (id.kind == media::DeviceKind::devdax) {
    return S_ISCHR(st.st_mode) && st.st_rdev == id.dev;
  }
  return S_ISREG(st.st_mode) && st.st_dev == id.dev && st.st_ino == id.ino;
}

} // namespace

Result<DeviceLock> DeviceLock::take(const media::DeviceInfo& device) {
  // Looked at again: it may have lost its driver, its size or its name since it was opened.
  const auto now = media::inspect(device.path);
  if (!now) {
    return std::unexpected(now.error());
  }
  DeviceLock lock;
  lock.fd_ = UniqueFd(::open(device.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!lock.fd_) {
    return fail_errno(errno, printable(device.path));
  }
  if (!is_device(lock.fd_.get(), device.id)) {
    return fail(Errc::no_device,
                fmt::format("{}: another device than {} is there now: open it again",
                            printable(device.path), device.id.text()));
  }
  if (const int err = try_lock(lock.fd_.get(), LockKind::exclusive); err != 0) {
    return not_locked(err, device.path);
  }
  lock.pid_ = ::getpid();
  return lock;
}

DeviceLock::~DeviceLock() {
  if (fd_ && pid_ == ::getpid()) {
    ::flock(fd_.get(), LOCK_UN);
  }
}

Result<LockFile> LockFile::take(std::shared_ptr<const Directory> directory, std::string name,
                                LockKind kind) {
  // The last one to have it removes the file: what was locked must still be what the name leads to,
  // or else the next one to come would lock another.
  constexpr int kAttempts = 100;
  for (int i = 0; i < kAttempts; ++i) {
    auto file = directory->open_or_create(name);
    if (!file && file.error().code == Errc::not_found) {
      continue;
    }
    if (!file) {
      return std::unexpected(std::move(file).error());
    }
    if (const int err = try_lock(file->get(), kind); err != 0) {
      return not_locked(err, directory->path_of(name));
    }
    if (directory->leads_to(name, file->get())) {
      LockFile lock;
      lock.directory_ = std::move(directory);
      lock.name_ = std::move(name);
      lock.fd_ = std::move(*file);
      lock.pid_ = ::getpid();
      return lock;
    }
  }
  return fail(Errc::busy, fmt::format("{}: comes and goes", printable(directory->path_of(name))));
}

LockFile::~LockFile() {
  if (!fd_ || pid_ != ::getpid()) {
    return;
  }
  // One of several that share it cannot get LOCK_EX, and leaves the file to the others.
  if (try_lock(fd_.get(), LockKind::exclusive) == 0) {
    if (directory_->leads_to(name_, fd_.get())) {
      directory_->remove(name_);
    }
    ::flock(fd_.get(), LOCK_UN);
  }
}

std::optional<LockOwner> lock_owner(dev_t dev, ino_t ino) {
  std::ifstream locks("/proc/locks");
  std::string line;
  while (std::getline(locks, line)) {
    int pid = 0;
    unsigned major_number = 0;
    unsigned minor_number = 0;
    unsigned long long inode = 0;
    // "7: FLOCK  ADVISORY  WRITE 1234 00:1c:5678 0 EOF"; those who wait have "->" before FLOCK.
    // NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers, which fit
    if (std::sscanf(line.c_str(), "%*d: FLOCK ADVISORY WRITE %d %x:%x:%llu", &pid, &major_number,
                    &minor_number, &inode) != 4 ||
        pid <= 0 || inode != ino || gnu_dev_makedev(major_number, minor_number) != dev) {
      continue;
    }
    LockOwner owner{.pid = pid, .program = {}};
    std::ifstream comm(fmt::format("/proc/{}/comm", pid));
    std::getline(comm, owner.program);
    return owner;
  }
  return std::nullopt;
}

std::optional<LockOwner> lock_owner(const media::DeviceId& device) {
  if (device.kind == media::DeviceKind::regular) {
    return lock_owner(device.dev, device.ino);
  }
  // The lock is on the node; this is the link that udev makes to it.
  struct stat st{};
  const std::string node =
      fmt::format("/dev/char/{}:{}", gnu_dev_major(device.dev), gnu_dev_minor(device.dev));
  return ::stat(node.c_str(), &st) == 0 ? lock_owner(st.st_dev, st.st_ino) : std::nullopt;
}

} // namespace famfs::holder
