// Internal: a Memory over a shared mapping of a device, made by libpmem2.
#pragma once

#include "base/error.h"
#include "media/device.h"
#include "media/memory.h"

#include <cstdint>
#include <memory>

namespace famfs::media {

// `length` is a multiple of the alignment, not 0, and within the size.
[[nodiscard]] Result<std::unique_ptr<Memory>> map_device(const DeviceInfo& info, int fd,
                                                         Access access, std::uint64_t length,
                                                         FaultObserver observer);

} // namespace famfs::media
