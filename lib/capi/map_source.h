// What the daemon says of an open file, and the device it speaks of. The answer is one process's
// word to another, possibly more privileged one: nothing in it is used before it has been checked.
#pragma once

#include "base/control.h"
#include "format/file_map.h"

#include <cstdint>

namespace famfs::capi {

struct DeviceRef {
  char path[FAMFS_CONTROL_PATH] = {};
  std::uint64_t size = 0;
  std::uint64_t alignment =
      0;                 // of mmap offsets, lengths and addresses; a power of two, at least a page
  std::uint64_t id = 0;  // st_rdev of a character device, else 0
  bool raw = false;      // there need be no file system on it
  std::uint64_t dev = 0; // st_dev and st_ino of a regular file
  std::uint64_t ino = 0;
};

struct DirectFile {
  format::FileMap map;
  std::uint64_t size = 0;
  bool pending = false;
  bool read_only = false; // the mount is
  DeviceRef device;
};

// Where maps and devices come from; tests have their own.
struct MapSource {
  // `request` is FAMFS_MAP_LOOK or FAMFS_MAP_USE. 0, or a negative errno: -ENOTTY: not a file on a
  // famfs mount; -EIO: what the daemon says cannot be.
  int (*query)(int fd, std::uint32_t request, DirectFile& file) noexcept;
  // A descriptor, O_CLOEXEC and the caller's to close, or a negative errno: -ENODEV: what is at the
  // path is not the device that was meant.
  int (*open_device)(const DeviceRef& device, bool writable) noexcept;
};

extern const MapSource kDaemon;

// Checks everything that the answer says and takes it over; -EIO when it cannot be true.
[[nodiscard]] int validate(const famfs_ioc_map& answer, DirectFile& file) noexcept;

} // namespace famfs::capi
