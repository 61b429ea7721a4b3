// Any user may run a FUSE server that answers our ioctl. If its word alone were enough, it could
// name any file, and a privileged program that maps a file of that mount would read or write it
// unawares. So what is opened must also be a device with a famfs superblock.
#include "capi/open_device.h"

#include "capi/kernel.h"
#include "capi/raw_syscall.h"
#include "format/layout.h"
#include "media/fault_guard.h"

#include <bit>
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

// A devdax device cannot be read(2).
bool mapped_magic(int fd, const DeviceRef& device) noexcept {
  const std::intptr_t at = kLinux.map(0, device.alignment, PROT_READ, MAP_SHARED, fd, 0);
  if (at < 0) {
    return false;
  }
  const auto begin = static_cast<std::uintptr_t>(at);
  std::uint64_t magic = 0;
  const bool failed = media::guarded_copy(&magic, pointer(begin), sizeof magic).failed;
  static_cast<void>(kLinux.unmap({begin, begin + device.alignment}));
  return !failed && is_superblock_magic(magic);
}

bool has_superblock(int fd, const DeviceRef& device) noexcept {
  if (device.id != 0) {
    return mapped_magic(fd, device);
  }
  std::uint64_t magic = 0;
  return raw_syscall(SYS_pread64, static_cast<long>(fd), &magic, sizeof magic, 0L) ==
             sizeof magic &&
         is_superblock_magic(magic);
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
  if (!is_meant(static_cast<int>(fd), device) || !has_superblock(static_cast<int>(fd), device)) {
    static_cast<void>(raw_syscall(SYS_close, fd));
    return -ENODEV;
  }
  return static_cast<int>(fd);
}

} // namespace famfs::capi
