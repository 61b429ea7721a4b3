// What this machine has of dax devices, by libdaxctl and libndctl (whose door this is). Read from
// the system each time; needs no right but what is then missing is unknown (nullopt): physical
// addresses, and so where bad memory lies, are root's to see.
//
// Both libraries read /sys and /dev of the process. What neither knows is read here: the `driver`
// link (daxctl before 85 calls a device under fsdev_dax "devdax") and the NUMA node of a device
// that is not an NVDIMM's.
#pragma once

#include "base/error.h"
#include "base/uuid.h"
#include "media/bad_ranges.h"
#include "media/device.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::media {

// Where a device comes from when libnvdimm made it (an NVDIMM, memmap=, virtio-pmem).
struct NvdimmPlace {
  std::string bus_provider; // "ACPI.NFIT", "e820"
  std::string name;         // "namespace0.0"
  std::optional<Uuid> uuid; // as ndctl list shows it
  bool read_only = false;   // its region's
};

struct DaxDevice {
  std::string name; // "dax0.0"
  std::string path; // "/dev/dax0.0"
  std::optional<DeviceId> id;
  DriverMode mode = DriverMode::unbound;
  std::string driver; // the driver's own name; empty: none
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> alignment;
  std::optional<int> numa_node;   // the CPUs near it
  std::optional<int> target_node; // the node it becomes as system-ram
  std::string region;             // "region0", "hmem.0"
  std::string bus;                // "ndbus0", "cxl", "platform"
  std::optional<NvdimmPlace> nvdimm;
  std::optional<BadRanges> bad; // nullopt: nobody keeps a list, or not to be seen without root
};

// Sorted by name. Without libdaxctl or libndctl (no context to be had) what sysfs tells is there.
[[nodiscard]] Result<std::vector<DaxDevice>> dax_devices();

// The namespace that a block device belongs to ("pmem0" or "pmem0s"), in whatever mode; nullopt:
// none.
[[nodiscard]] std::optional<std::string> namespace_of_block_device(std::string_view name);

[[nodiscard]] DriverMode mode_of_driver(std::string_view driver) noexcept;

} // namespace famfs::media
