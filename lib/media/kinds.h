// Internal: what device.cpp asks of each kind of device. `sysfs` is where sysfs is mounted; tests
// give a tree of their own.
#pragma once

#include "base/error.h"
#include "media/device.h"

#include <exception>
#include <new>
#include <string>

#include <sys/stat.h>

namespace famfs::media {

// inspect() with another sysfs than /sys.
[[nodiscard]] Result<DeviceInfo> inspect_in(const std::string& sysfs, const std::string& path);

// `path` is canonical and `status` is its stat.
[[nodiscard]] Result<DeviceInfo> inspect_file(const std::string& path, const struct stat& status);
[[nodiscard]] Result<DeviceInfo>
inspect_char_device(const std::string& sysfs, const std::string& path, const struct stat& status);
[[nodiscard]] std::unexpected<Error>
refuse_block_device(const std::string& sysfs, const std::string& path, const struct stat& status);

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
