// Opening the device that a daemon names, so that only that device can be what is opened.
#pragma once

#include "capi/map_source.h"

namespace famfs::capi {

// MapSource::open_device for real devices.
[[nodiscard]] int open_device(const DeviceRef& device, bool writable) noexcept;

} // namespace famfs::capi
