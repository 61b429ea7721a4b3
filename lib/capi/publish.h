// Making stores visible to other hosts, and theirs to us, by address. 0, or -EIO: the memory is
// bad.
#pragma once

#include "capi/range.h"

namespace famfs::capi {

[[nodiscard]] int publish(Range range) noexcept;
[[nodiscard]] int acquire(Range range) noexcept;

} // namespace famfs::capi
