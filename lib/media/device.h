// A device: a devdax character device or a regular file that stands in for one. Identity, size,
// alignment and driver mode, read from the system each time and never guessed (of a devdax, through
// dax_devices.h); a mapping of it through libpmem2, whose door this is.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "media/bad_ranges.h"
#include "media/memory.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace famfs::media {

enum class DeviceKind : std::uint8_t { regular, devdax };

// For devdax, by the `driver` link in sysfs; a regular file is always `file`.
enum class DriverMode : std::uint8_t { file, device_dax, fsdev_dax, system_ram, unbound, other };
[[nodiscard]] std::string_view name(DriverMode mode) noexcept;

// Names a device on this host whichever path led to it. Ordered: claims over sets take this order.
struct DeviceId {
  DeviceKind kind = DeviceKind::regular;
  std::uint64_t dev = 0; // regular: st_dev; devdax: st_rdev
  std::uint64_t ino = 0; // regular: st_ino; devdax: 0
  auto operator<=>(const DeviceId&) const = default;
  [[nodiscard]] std::string text() const; // "dax-252:0", "file-0:28-1234": fit for a file name
};

struct DeviceInfo {
  std::string path; // canonical
  DeviceId id;
  DeviceKind kind = DeviceKind::regular;
  DriverMode mode = DriverMode::file;
  std::uint64_t size = 0;
  // Of mmap offsets and lengths: the page size for files (hugetlbfs: the huge page's), what the
  // device was made with for devdax.
  std::uint64_t alignment = 0;
  // devdax of a region that may only be read: read_write is refused. For the message, the region.
  bool read_only = false;
  std::string region;
  // Known to be bad when it was looked at; nullopt: nobody keeps a list (files, CXL), or it is only
  // root's to see.
  std::optional<BadRanges> bad;
};

enum class Access : std::uint8_t { read_only, read_write };

// Looks without opening for use. Errors are the holder table's: missing, or size zero: no_device;
// a directory, block device (/dev/pmem0), pipe, other character device, or a devdax in any mode but
// device_dax: unsupported, with the mode and the command that changes it in the message.
[[nodiscard]] Result<DeviceInfo> inspect(const std::string& path);

// Told of what a Memory could not reach, on the thread that met it, whatever locks that thread
// holds: it must not wait, nor use the Memory.
using FaultObserver = std::function<void(const BadRange&)>;

class Device {
public:
  // inspect(), then open. read_write on something write-protected: access_denied or read_only.
  [[nodiscard]] static Result<Device> open(const std::string& path, Access access);

  [[nodiscard]] const DeviceInfo& info() const noexcept { return info_; }
  [[nodiscard]] Access access() const noexcept { return access_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  // Maps the first `length` bytes (0: all of it) MAP_SHARED. The Memory does not need the Device to
  // stay open. Length is rounded down to the alignment.
  [[nodiscard]] Result<std::unique_ptr<Memory>> map(std::uint64_t length = 0,
                                                    FaultObserver observer = {}) const;

private:
  Device(DeviceInfo info, UniqueFd fd, Access access);
  DeviceInfo info_;
  UniqueFd fd_;
  Access access_;
};

// mkfs.famfs --size: makes a sparse stand-in file of mode 0600; exists already: Errc::exists.
[[nodiscard]] Result<void> make_stand_in(const std::string& path, std::uint64_t size);

} // namespace famfs::media
