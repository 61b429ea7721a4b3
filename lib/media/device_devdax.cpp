// devdax character devices, and block devices that could become one.
#include "base/text.h"
#include "base/units.h"
#include "media/device.h"
#include "media/kinds.h"
#include "media/sysfs.h"

#include <algorithm>
#include <optional>

#include <sys/sysmacros.h>
#include <unistd.h>

namespace famfs::media {
namespace {

// Every mode but device_dax. fsdev_dax can be opened, but not mapped by anybody but the kernel.
std::unexpected<Error> refuse_mode(const std::string& path, const std::string& dax, DriverMode mode,
                                   const std::string& driver) {
  const std::string now = mode == DriverMode::unbound ? "bound to no driver"
                                                      : fmt::format("in {} mode (driver {})",
                                                                    name(mode), printable(driver));
  // daxctl before 85 takes fsdev_dax for devdax already and would do nothing.
  const std::string way_out =
      mode == DriverMode::fsdev_dax
          ? fmt::format("cd /sys/bus/dax/drivers && echo {0} > fsdev_dax/unbind && "
                        "echo {0} > fsdev_dax/remove_id && echo {0} > device_dax/bind",
                        dax)
          : fmt::format("daxctl reconfigure-device -m devdax -f {}", dax);
  return fail(Errc::unsupported, fmt::format("{}: {} is {}, not in devdax mode: change it with: {}",
                                             printable(path), dax, now, way_out));
}

// The device's folder in sysfs, or why there is none.
Result<std::string> find_dax(const std::string& sysfs, const std::string& path, dev_t number) {
  const std::string by_number =
      fmt::format("{}/dev/char/{}:{}", sysfs, major(number), minor(number));
  const auto folder = real_path(by_number);
  if (!folder) {
    if (::access(fmt::format("{}/dev/char", sysfs).c_str(), F_OK) != 0) {
      return fail(Errc::system, fmt::format("{}: cannot tell what it is: {}/dev/char is not there: "
                                            "mount sysfs on /sys",
                                            printable(path), sysfs));
    }
    return fail(Errc::no_device, fmt::format("{}: no device has its number {}:{}: a stale node",
                                             printable(path), major(number), minor(number)));
  }
  if (link_name(*folder + "/subsystem") != "dax") {
    return fail(
        Errc::unsupported,
        fmt::format("{}: a character device that is not a dax device: name a dax device or a file",
                    printable(path)));
  }
  return *folder;
}

// With size and alignment. What is being removed has lost some of it.
Result<DaxDevice> listed_device(const System& system, const std::string& path,
                                const std::string& name) {
  auto devices = system.dax_devices();
  if (!devices) {
    return std::unexpected(std::move(devices.error()));
  }
  const auto found = std::ranges::find(*devices, name, &DaxDevice::name);
  if (found == devices->end() || !found->size || !found->alignment) {
    return fail(Errc::no_device,
                fmt::format("{}: libdaxctl cannot tell the size and alignment of {}: is it being "
                            "removed, or is there no /dev/{}?",
                            printable(path), name, name));
  }
  if (*found->size == 0) {
    return fail(Errc::no_device,
                fmt::format("{}: {} has size 0: give it memory: daxctl reconfigure-device -s SIZE "
                            "{}",
                            printable(path), name, name));
  }
  if (!is_power_of_two(*found->alignment)) {
    return fail(Errc::system, fmt::format("{}: alignment {}: must be a power of two",
                                          printable(path), *found->alignment));
  }
  return std::move(*found);
}

} // namespace

Result<DeviceInfo> inspect_char_device(const System& system, const std::string& path,
                                       const struct stat& status) {
  const auto folder = find_dax(system.sysfs, path, status.st_rdev);
  if (!folder) {
    return std::unexpected(folder.error());
  }
  // By the link, and not by what daxctl says: see dax_devices.h.
  const std::string driver = link_name(*folder + "/driver");
  const DriverMode mode = mode_of_driver(driver);
  if (mode != DriverMode::device_dax) {
    return refuse_mode(path, base_name(*folder), mode, driver);
  }
  auto listed = listed_device(system, path, base_name(*folder));
  if (!listed) {
    return std::unexpected(std::move(listed.error()));
  }
  DeviceInfo info;
  info.path = path;
  info.id = {.kind = DeviceKind::devdax, .dev = status.st_rdev, .ino = 0};
  info.kind = DeviceKind::devdax;
  info.mode = mode;
  info.size = *listed->size;
  info.alignment = *listed->alignment;
  info.read_only = listed->nvdimm && listed->nvdimm->read_only;
  info.region = listed->region;
  info.bad = std::move(listed->bad);
  return info;
}

std::unexpected<Error> refuse_block_device(const System& system, const std::string& path,
                                           const struct stat& status) {
  const auto folder = real_path(fmt::format("{}/dev/block/{}:{}", system.sysfs,
                                            major(status.st_rdev), minor(status.st_rdev)));
  const auto name = folder ? system.namespace_of_block_device(base_name(*folder)) : std::nullopt;
  if (!name) {
    return fail(Errc::unsupported,
                fmt::format("{}: a block device: name a dax device or a file", printable(path)));
  }
  return fail(
      Errc::unsupported,
      fmt::format("{}: the block device of {}, which is not in devdax mode: change it (what it "
                  "holds is lost) with: ndctl create-namespace -f -e {} --mode=devdax --map=mem",
                  printable(path), *name, *name));
}

} // namespace famfs::media
