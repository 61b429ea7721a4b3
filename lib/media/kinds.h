// Internal: what device.cpp asks of each kind of device, and of whom.
#pragma once

#include "base/error.h"
#include "media/dax_devices.h"
#include "media/device.h"

#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

namespace famfs::media {

// What tells about devices; tests have a tree and a list of their own.
struct System {
  std::string sysfs = "/sys";
  std::function<Result<std::vector<DaxDevice>>()> dax_devices = media::dax_devices;
  std::function<std::optional<std::string>(std::string_view)> namespace_of_block_device =
      media::namespace_of_block_device;
};

[[nodiscard]] Result<DeviceInfo> inspect_in(const System& system, const std::string& path);

// `path` is canonical and `status` is its stat.
[[nodiscard]] Result<DeviceInfo> inspect_file(const std::string& path, const struct stat& status);
[[nodiscard]] Result<DeviceInfo> inspect_char_device(const System& system, const std::string& path,
                                                     const struct stat& status);
[[nodiscard]] std::unexpected<Error>
refuse_block_device(const System& system, const std::string& path, const struct stat& status);

// At the module's border: nothing but memory should run out below, and no caller expects a throw.
template <class Call> auto no_throw(Call call) noexcept -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return std::unexpected(Error{Errc::no_memory, "out of memory"}); // fits without allocating
  } catch (const std::exception&) {
    return std::unexpected(Error{Errc::system, "internal error"});
  }
}

} // namespace famfs::media
