#include "media/dax_devices.h"

#include "media/kinds.h"
#include "media/sysfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <memory>

#include <daxctl/libdaxctl.h>
#include <ndctl/libndctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace famfs::media {
namespace {

constexpr const char* kDevices = "/sys/bus/dax/devices";
constexpr unsigned kSector = 512;

struct Unref {
  void operator()(daxctl_ctx* context) const noexcept { daxctl_unref(context); }
  void operator()(ndctl_ctx* context) const noexcept { ndctl_unref(context); }
};
using DaxctlContext = std::unique_ptr<daxctl_ctx, Unref>;
using NdctlContext = std::unique_ptr<ndctl_ctx, Unref>;

// They would write to standard error, which is the program's.
template <class Context>
void stay_silent(Context* /*context*/, int /*priority*/, const char* /*file*/, int /*line*/,
                 const char* /*function*/, const char* /*format*/, va_list /*arguments*/) {}

DaxctlContext daxctl_context() {
  daxctl_ctx* context = nullptr;
  if (daxctl_new(&context) != 0) {
    return nullptr;
  }
  daxctl_set_log_fn(context, stay_silent<daxctl_ctx>);
  return DaxctlContext(context);
}

NdctlContext ndctl_context() {
  ndctl_ctx* context = nullptr;
  if (ndctl_new(&context) != 0) {
    return nullptr;
  }
  ndctl_set_log_fn(context, stay_silent<ndctl_ctx>);
  daxctl_set_log_fn(ndctl_get_daxctl_ctx(context), stay_silent<daxctl_ctx>);
  return NdctlContext(context);
}

// Both libraries' word for "cannot tell".
std::optional<std::uint64_t> known(unsigned long long value) {
  return value == ULLONG_MAX ? std::nullopt : std::optional<std::uint64_t>(value);
}

std::optional<int> node_number(int node) {
  return node < 0 ? std::nullopt : std::optional(node);
}

// What sysfs alone tells, which is enough to list it. The device hangs below its region, with a
// folder that only holds devices between them.
DaxDevice from_sysfs(const std::string& name) {
  const std::string folder = fmt::format("{}/{}", kDevices, name);
  DaxDevice device;
  device.name = name;
  device.path = "/dev/" + name;
  device.driver = link_name(folder + "/driver");
  device.mode = mode_of_driver(device.driver);
  device.numa_node = read_int(folder + "/numa_node").and_then(node_number);
  struct stat status{};
  if (::stat(device.path.c_str(), &status) == 0 && S_ISCHR(status.st_mode)) {
    device.id = DeviceId{.kind = DeviceKind::devdax, .dev = status.st_rdev, .ino = 0};
  }
  std::string region = parent_of(real_path(folder).value_or(""));
  if (base_name(region).starts_with("dax_region")) {
    region = parent_of(region);
  }
  device.region = base_name(region);
  device.bus = link_name(region + "/subsystem");
  return device;
}

std::vector<DaxDevice> all_from_sysfs() {
  std::vector<DaxDevice> devices;
  std::error_code missing; // no dax bus: no dax devices
  for (const auto& entry : std::filesystem::directory_iterator(kDevices, missing)) {
    devices.push_back(from_sysfs(entry.path().filename()));
  }
  std::ranges::sort(devices, [](const DaxDevice& a, const DaxDevice& b) {
    return strverscmp(a.name.c_str(), b.name.c_str()) < 0;
  });
  return devices;
}

DaxDevice* named(std::vector<DaxDevice>& devices, const char* name) {
  const auto found = std::ranges::find(devices, name, &DaxDevice::name);
  return found == devices.end() ? nullptr : &*found;
}

void add_daxctl(std::vector<DaxDevice>& devices, daxctl_ctx* context) {
  daxctl_region* region = nullptr;
  daxctl_region_foreach(context, region) {
    daxctl_dev* dev = nullptr;
    daxctl_dev_foreach(region, dev) {
      if (DaxDevice* const device = named(devices, daxctl_dev_get_devname(dev))) {
        device->size = known(daxctl_dev_get_size(dev));
        if (const auto align = daxctl_dev_get_align(dev); align != 0) {
          device->alignment = align;
        }
        device->target_node = node_number(daxctl_dev_get_target_node(dev));
      }
    }
  }
}

// The kernel keeps the list of a region, in sectors.
std::vector<BadRange> bad_sectors(ndctl_region* region, std::uint64_t region_begin) {
  std::vector<BadRange> ranges;
  badblock* bad = nullptr;
  ndctl_region_badblock_foreach(region, bad) {
    ranges.push_back({.offset = region_begin + bad->offset * kSector,
                      .length = std::uint64_t{bad->len} * kSector});
  }
  return ranges;
}

std::optional<BadRanges> bad_of(ndctl_region* region, ndctl_dax* dax, std::uint64_t size) {
  const auto begin = known(ndctl_dax_get_resource(dax));
  const auto region_begin = known(ndctl_region_get_resource(region));
  const auto physical = bad_sectors(region, region_begin.value_or(0));
  if (physical.empty()) {
    return BadRanges{};
  }
  return begin && region_begin ? std::optional(relative_to(physical, *begin, size)) : std::nullopt;
}

NvdimmPlace place_of(ndctl_region* region, ndctl_dax* dax) {
  NvdimmPlace place;
  // As ndctl lists it: that of the layer on top. memmap= has namespaces without one of their own.
  Uuid uuid;
  ndctl_dax_get_uuid(dax, uuid.bytes.data());
  ndctl_namespace* const ndns = ndctl_dax_get_namespace(dax);
  place.bus_provider = ndctl_bus_get_provider(ndctl_region_get_bus(region));
  place.read_only = ndctl_region_get_ro(region) == 1;
  if (ndns != nullptr) {
    place.name = ndctl_namespace_get_devname(ndns);
    if (uuid.is_nil()) {
      ndctl_namespace_get_uuid(ndns, uuid.bytes.data());
    }
  }
  if (!uuid.is_nil()) {
    place.uuid = uuid;
  }
  return place;
}

void add_nvdimm(DaxDevice& device, ndctl_region* region, ndctl_dax* dax) {
  device.region = ndctl_region_get_devname(region);
  device.bus = ndctl_bus_get_devname(ndctl_region_get_bus(region));
  device.nvdimm = place_of(region, dax);
  device.bad = bad_of(region, dax, device.size.value_or(0));
  if (const auto node = node_number(ndctl_region_get_numa_node(region))) {
    device.numa_node = node;
  }
}

void add_ndctl(std::vector<DaxDevice>& devices, ndctl_ctx* context) {
  ndctl_bus* bus = nullptr;
  ndctl_bus_foreach(context, bus) {
    ndctl_region* region = nullptr;
    ndctl_region_foreach(bus, region) {
      ndctl_dax* dax = nullptr;
      ndctl_dax_foreach(region, dax) {
        daxctl_region* const dax_region = ndctl_dax_get_daxctl_region(dax);
        daxctl_dev* dev = dax_region == nullptr ? nullptr : daxctl_dev_get_first(dax_region);
        for (; dev != nullptr; dev = daxctl_dev_get_next(dev)) {
          if (DaxDevice* const device = named(devices, daxctl_dev_get_devname(dev))) {
            add_nvdimm(*device, region, dax);
          }
        }
      }
    }
  }
}

// A namespace shows as a block device itself, or as one of a layer above it.
bool shows_as(ndctl_namespace* ndns, std::string_view name) {
  const auto is = [name](const char* device) { return device != nullptr && name == device; };
  ndctl_pfn* const pfn = ndctl_namespace_get_pfn(ndns);
  ndctl_btt* const btt = ndctl_namespace_get_btt(ndns);
  return is(ndctl_namespace_get_block_device(ndns)) ||
         (pfn != nullptr && is(ndctl_pfn_get_block_device(pfn))) ||
         (btt != nullptr && is(ndctl_btt_get_block_device(btt)));
}

} // namespace

DriverMode mode_of_driver(std::string_view driver) noexcept {
  if (driver.empty()) {
    return DriverMode::unbound;
  }
  if (driver == "device_dax") {
    return DriverMode::device_dax;
  }
  if (driver == "fsdev_dax") {
    return DriverMode::fsdev_dax;
  }
  return driver == "kmem" ? DriverMode::system_ram : DriverMode::other;
}

Result<std::vector<DaxDevice>> dax_devices() {
  return no_throw([]() -> Result<std::vector<DaxDevice>> {
    auto devices = all_from_sysfs();
    if (const auto context = devices.empty() ? nullptr : daxctl_context()) {
      add_daxctl(devices, context.get());
    }
    if (const auto context = devices.empty() ? nullptr : ndctl_context()) {
      add_ndctl(devices, context.get());
    }
    return devices;
  });
}

std::optional<std::string> namespace_of_block_device(std::string_view name) {
  const auto context = ndctl_context();
  ndctl_bus* bus = context ? ndctl_bus_get_first(context.get()) : nullptr;
  for (; bus != nullptr; bus = ndctl_bus_get_next(bus)) {
    ndctl_region* region = nullptr;
    ndctl_region_foreach(bus, region) {
      ndctl_namespace* ndns = nullptr;
      ndctl_namespace_foreach(region, ndns) {
        if (shows_as(ndns, name)) {
          return ndctl_namespace_get_devname(ndns);
        }
      }
    }
  }
  return std::nullopt;
}

} // namespace famfs::media
