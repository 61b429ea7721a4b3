// Any user may run a FUSE server that answers our ioctl. If its word alone were enough, it could
// name any file, and a privileged program that maps a file of that mount would read or write it
// unawares. So what is opened must also be a device with a famfs superblock, or, of a raw mount,
// one that somebody holds, by a record that only root can have made.
#include "capi/open_device.h"

#include "capi/kernel.h"
#include "capi/raw_syscall.h"
#include "format/layout.h"
#include "media/fault_guard.h"

#include <bit>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace famfs::capi {
namespace {

// By sysfs: opening some other character device may already do something (a watchdog starts).
bool is_dax(dev_t id) noexcept {
  char link[64];
  std::snprintf(link, sizeof link, "/sys/dev/char/%u:%u/subsystem", gnu_dev_major(id),
                gnu_dev_minor(id));
  char target[256];
  const ssize_t length = ::readlink(link, target, sizeof target);
  return length > 0 && std::string_view(target, static_cast<std::size_t>(length)).ends_with("/dax");
}

bool is_meant(const struct stat& status, const DeviceRef& device) noexcept {
  if (device.id != 0) {
    return S_ISCHR(status.st_mode) && status.st_rdev == device.id && is_dax(status.st_rdev);
  }
  return S_ISREG(status.st_mode) && status.st_dev == device.dev && status.st_ino == device.ino;
}

// Before the open, for what it might do; after it, because the path may have changed.
bool is_meant(const char* path, const DeviceRef& device) noexcept {
  struct stat status{};
  return ::stat(path, &status) != 0 || is_meant(status, device); // the open will say why
}
bool is_meant(int fd, const DeviceRef& device) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && is_meant(status, device);
}

bool is_superblock_magic(std::uint64_t little_endian) noexcept {
  const std::uint64_t magic =
      std::endian::native == std::endian::big ? std::byteswap(little_endian) : little_endian;
  return magic == format::kSuperblockMagic;
}

// -ENODEV, unless it could not be looked at for want of something.
int not_ours(std::intptr_t error) noexcept {
  return is_want(error) ? static_cast<int>(error) : -ENODEV;
}

// A devdax device cannot be read(2).
int check_mapped_magic(int fd, const DeviceRef& device) noexcept {
  const std::intptr_t at = kLinux.map(0, device.alignment, PROT_READ, MAP_SHARED, fd, 0);
  if (at < 0) {
    return not_ours(at);
  }
  const auto begin = static_cast<std::uintptr_t>(at);
  std::uint64_t magic = 0;
  const bool failed = media::guarded_copy(&magic, pointer(begin), sizeof magic).failed;
  static_cast<void>(kLinux.unmap({begin, begin + device.alignment}));
  return !failed && is_superblock_magic(magic) ? 0 : -ENODEV;
}

int check_superblock(int fd, const DeviceRef& device) noexcept {
  if (device.id != 0) {
    return check_mapped_magic(fd, device);
  }
  std::uint64_t magic = 0;
  const long got = raw_syscall(SYS_pread64, static_cast<long>(fd), &magic, sizeof magic, 0L);
  return got == sizeof magic && is_superblock_magic(magic) ? 0 : not_ours(got);
}

// What lies there is not ours to look at. The rule is the holder registry's: the record is at hand,
// and locked for as long as its holder lives. Its names are those of media::DeviceId::text().
int check_holder(const DeviceRef& device) noexcept {
  char path[128];
  if (device.id != 0) {
    std::snprintf(path, sizeof path, "/run/famfs/holders/dax-%u:%u.yaml", gnu_dev_major(device.id),
                  gnu_dev_minor(device.id));
  } else {
    std::snprintf(path, sizeof path, "/run/famfs/holders/file-%u:%u-%llu.yaml",
                  gnu_dev_major(device.dev), gnu_dev_minor(device.dev),
                  static_cast<unsigned long long>(device.ino));
  }
  constexpr long flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const long record = raw_syscall(SYS_openat, static_cast<long>(AT_FDCWD), &path[0], flags, 0L);
  if (record < 0) {
    return not_ours(record);
  }
  struct stat status{};
  const bool roots = ::fstat(static_cast<int>(record), &status) == 0 && S_ISREG(status.st_mode) &&
                     status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  struct flock lock{}; // as holder::Directory::is_locked()
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  const bool locked = raw_syscall(SYS_fcntl, record, static_cast<long>(F_OFD_GETLK), &lock) == 0 &&
                      lock.l_type != F_UNLCK;
  static_cast<void>(raw_syscall(SYS_close, record));
  return roots && locked ? 0 : -ENODEV;
}

// Whether the device is one of famfs's, by other than the daemon's word.
int check_ours(int fd, const DeviceRef& device) noexcept {
  return device.raw ? check_holder(device) : check_superblock(fd, device);
}

} // namespace

int open_device(const DeviceRef& device, bool writable) noexcept {
  if (!is_meant(&device.path[0], device)) {
    return -ENODEV;
  }
  // NONBLOCK: the path may by now be a FIFO's.
  const long flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const long fd = raw_syscall(SYS_openat, static_cast<long>(AT_FDCWD), &device.path[0], flags, 0L);
  if (fd < 0) {
    return static_cast<int>(fd);
  }
  const int error =
      is_meant(static_cast<int>(fd), device) ? check_ours(static_cast<int>(fd), device) : -ENODEV;
  if (error != 0) {
    static_cast<void>(raw_syscall(SYS_close, fd));
    return error;
  }
  return static_cast<int>(fd);
}

} // namespace famfs::capi
