// What is done when a system call found memory of the device bad (EFAULT).
#pragma once

#include "mount_base.h"

#include <cstdint>

namespace famfs::daemon {

// Finds the bad pages in [offset, offset + length) of the device with guarded loads, for the
// watch to report.
void find_bad_memory(const Ground& ground, std::uint64_t offset, std::uint64_t length);

} // namespace famfs::daemon
