// devdax character devices, and block devices that could become one, by what sysfs says.
#include "base/text.h"
#include "base/units.h"
#include "media/device.h"
#include "media/kinds.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace famfs::media {
namespace {

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real == nullptr ? std::nullopt : std::optional<std::string>(real.get());
}

std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

// The name a link points to, whether or not its target is there. Empty: no such link.
std::string link_name(const std::string& link) {
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length <= 0 ? std::string()
                     : base_name(std::string(target.data(), static_cast<std::size_t>(length)));
}

Result<std::uint64_t> read_number(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return fail_errno(errno, file);
  }
  std::array<char, 32> text{};
  const ssize_t length = ::read(fd.get(), text.data(), text.size());
  if (length < 0) {
    return fail_errno(errno, file);
  }
  std::uint64_t value = 0;
  const char* end = text.data() + length;
  const auto [after, err] = std::from_chars(text.data(), end, value);
  if (err != std::errc() || (after != end && *after != '\n')) {
    return fail(Errc::system, fmt::format("{}: holds no number", file));
  }
  return value;
}

DriverMode mode_of(const std::string& driver) {
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

} // namespace

Result<DeviceInfo> inspect_char_device(const std::string& sysfs, const std::string& path,
                                       const struct stat& status) {
  const auto folder = find_dax(sysfs, path, status.st_rdev);
  if (!folder) {
    return std::unexpected(folder.error());
  }
  const std::string driver = link_name(*folder + "/driver");
  const DriverMode mode = mode_of(driver);
  if (mode != DriverMode::device_dax) {
    return refuse_mode(path, base_name(*folder), mode, driver);
  }
  const auto size = read_number(*folder + "/size");
  const auto alignment = read_number(*folder + "/align");
  if (!size || !alignment) {
    // Also what a device that is being removed looks like.
    const Error& why = size ? alignment.error() : size.error();
    return fail(
        why.code == Errc::not_found ? Errc::no_device : why.code,
        fmt::format("{}: cannot tell size and alignment: {}", printable(path), why.message));
  }
  if (*size == 0) {
    return fail(Errc::no_device,
                fmt::format("{}: {} has size 0: give it memory: daxctl "
                            "reconfigure-device -s SIZE {}",
                            printable(path), base_name(*folder), base_name(*folder)));
  }
  if (!is_power_of_two(*alignment)) {
    return fail(Errc::system, fmt::format("{}: {}/align is {}: must be a power of two",
                                          printable(path), *folder, *alignment));
  }
  DeviceInfo info;
  info.path = path;
  info.id = {.kind = DeviceKind::devdax, .dev = status.st_rdev, .ino = 0};
  info.kind = DeviceKind::devdax;
  info.mode = mode;
  info.size = *size;
  info.alignment = *alignment;
  return info;
}

std::unexpected<Error> refuse_block_device(const std::string& sysfs, const std::string& path,
                                           const struct stat& status) {
  const auto parent = real_path(fmt::format("{}/dev/block/{}:{}/device", sysfs,
                                            major(status.st_rdev), minor(status.st_rdev)));
  const std::string region = parent ? base_name(*parent) : std::string();
  if (!region.starts_with("namespace")) {
    return fail(Errc::unsupported,
                fmt::format("{}: a block device: name a dax device or a file", printable(path)));
  }
  return fail(
      Errc::unsupported,
      fmt::format("{}: the block device of {}, which is not in devdax mode: change it (what it "
                  "holds is lost) with: ndctl create-namespace -f -e {} --mode=devdax --map=mem",
                  printable(path), region, region));
}

} // namespace famfs::media
