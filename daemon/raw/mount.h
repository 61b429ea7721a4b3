// A mount that presents the device's memory as one file, `device`, for who wants all of it: a
// hypervisor. Nothing on the device is read or written but on behalf of a program's read(2),
// write(2) or map. Its owner and mode are the device node's: who may have the one, may have the
// other. Its size is what it was at the mount.
#pragma once

#include "../fuse.h"
#include "../mount_base.h"
#include "holder/pins.h"
#include "volume/bad_memory.h"

#include <cstdint>
#include <string_view>

#include <sys/stat.h>

namespace famfs::daemon::raw {

inline constexpr std::uint64_t kRoot = 1;
inline constexpr std::uint64_t kDevice = 2;
inline constexpr std::string_view kName = "device";

struct RawMount final : MountBase {
  RawMount(const Ground& ground, const struct stat& node, volume::BadMemory& bad_memory);

  [[nodiscard]] JsonText presented() const override;
  [[nodiscard]] struct stat attributes(std::uint64_t id) const; // kDevice, or else the root
  [[nodiscard]] std::uint64_t size() const noexcept { return memory.size(); }
  [[nodiscard]] double keep_for() const noexcept; // seconds; nothing here changes

  struct stat root_stat{};
  struct stat device_stat{};
  volume::BadMemory& bad;
  holder::Pins pins; // of kDevice
};

[[nodiscard]] RawMount& mount_of(fuse_req_t req);
[[nodiscard]] const fuse_lowlevel_ops& operations();

} // namespace famfs::daemon::raw
