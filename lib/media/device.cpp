#include "media/device.h"

#include "base/text.h"
#include "base/units.h"
#include "media/kinds.h"
#include "media/mapped_memory.h"

#include <cerrno>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace famfs::media {
namespace {

Result<std::string> canonical(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) {
    const int err = errno;
    if (err == ENOENT || err == ENOTDIR) {
      return fail(Errc::no_device,
                  fmt::format("{}: no such device or file: famfs devices shows what there is",
                              printable(path)));
    }
    return fail_errno(err, printable(path));
  }
  const std::unique_ptr<char, decltype(&std::free)> owner(real, &std::free);
  return std::string(real);
}

// The node was looked at by name; what was opened by that name must be the same one still.
Result<void> same_device(const DeviceInfo& info, int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) {
    return fail_errno(errno, printable(info.path));
  }
  const bool devdax = info.kind == DeviceKind::devdax;
  const DeviceId opened{.kind = info.kind,
                        .dev = devdax ? status.st_rdev : status.st_dev,
                        .ino = devdax ? 0 : status.st_ino};
  if ((devdax ? !S_ISCHR(status.st_mode) : !S_ISREG(status.st_mode)) || opened != info.id) {
    return fail(Errc::no_device,
                fmt::format("{}: replaced by something else while it was opened: try again",
                            printable(info.path)));
  }
  return {};
}

Result<UniqueFd> open_node(const DeviceInfo& info, Access access) {
  // NONBLOCK: should a pipe take the name after inspect(), open must not wait for its other end.
  const int how =
      (access == Access::read_write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  UniqueFd fd(::open(info.path.c_str(), how));
  if (!fd) {
    const int err = errno;
    if (err == ENOENT) {
      return fail(Errc::no_device, fmt::format("{}: went away", printable(info.path)));
    }
    return fail_errno(err,
                      fmt::format("{}: cannot open for {}", printable(info.path),
                                  access == Access::read_write ? "reading and writing" : "reading"),
                      err == EACCES ? fmt::format("as root: chown $USER {}", printable(info.path))
                                    : "");
  }
  if (auto same = same_device(info, fd.get()); !same) {
    return std::unexpected(std::move(same.error()));
  }
  return fd;
}

std::unexpected<Error> refuse_read_only(const DeviceInfo& info) {
  return fail(Errc::read_only,
              fmt::format("{}: its region {} may only be read: mount it with -o ro, or make it "
                          "writable with: echo 0 > /sys/bus/nd/devices/{}/read_only",
                          printable(info.path), info.region, info.region));
}

} // namespace

std::string_view name(DriverMode mode) noexcept {
  switch (mode) {
  case DriverMode::file:
    return "file";
  case DriverMode::device_dax:
    return "devdax";
  case DriverMode::fsdev_dax:
    return "fsdev_dax";
  case DriverMode::system_ram:
    return "system-ram";
  case DriverMode::unbound:
    return "unbound";
  case DriverMode::other:
    return "other";
  }
  return "unknown";
}

std::string DeviceId::text() const {
  if (kind == DeviceKind::devdax) {
    return fmt::format("dax-{}:{}", major(dev), minor(dev));
  }
  return fmt::format("file-{}:{}-{}", major(dev), minor(dev), ino);
}

Result<DeviceInfo> inspect_in(const System& system, const std::string& path) {
  auto real = canonical(path);
  if (!real) {
    return std::unexpected(std::move(real.error()));
  }
  struct stat status{};
  if (::stat(real->c_str(), &status) != 0) {
    return fail_errno(errno, printable(*real));
  }
  switch (status.st_mode & S_IFMT) {
  case S_IFREG:
    return inspect_file(*real, status);
  case S_IFCHR:
    return inspect_char_device(system, *real, status);
  case S_IFBLK:
    return refuse_block_device(system, *real, status);
  case S_IFDIR:
    return fail(Errc::unsupported,
                fmt::format("{}: a directory: name a dax device or a file", printable(*real)));
  default:
    return fail(Errc::unsupported,
                fmt::format("{}: a pipe or socket: name a dax device or a file", printable(*real)));
  }
}

Result<DeviceInfo> inspect(const std::string& path) {
  return no_throw([&] { return inspect_in(System{}, path); });
}

Device::Device(DeviceInfo info, UniqueFd fd, Access access)
    : info_(std::move(info)), fd_(std::move(fd)), access_(access) {}

Result<Device> Device::open(const std::string& path, Access access) {
  return no_throw([&]() -> Result<Device> {
    auto info = inspect(path);
    if (!info) {
      return std::unexpected(std::move(info.error()));
    }
    if (access == Access::read_write && info->read_only) {
      return refuse_read_only(*info);
    }
    auto fd = open_node(*info, access);
    if (!fd) {
      return std::unexpected(std::move(fd.error()));
    }
    return Device(std::move(*info), std::move(*fd), access);
  });
}

Result<std::unique_ptr<Memory>> Device::map(std::uint64_t length, FaultObserver observer) const {
  return no_throw([&]() -> Result<std::unique_ptr<Memory>> {
    if (length > info_.size) {
      return fail(Errc::invalid, fmt::format("{}: cannot map {} bytes: it has {}",
                                             printable(info_.path), length, info_.size));
    }
    const std::uint64_t whole = round_down(length == 0 ? info_.size : length, info_.alignment);
    if (whole == 0) {
      return fail(Errc::invalid,
                  fmt::format("{}: cannot map {} bytes: less than its alignment of {}",
                              printable(info_.path), length == 0 ? info_.size : length,
                              info_.alignment));
    }
    return map_device(info_, fd_.get(), access_, whole, std::move(observer));
  });
}

} // namespace famfs::media
