// The options -N -B -C of creat and cp: how a file is interleaved.
#pragma once

#include "alloc/allocator.h"
#include "base/error.h"

#include <cstdint>
#include <optional>

namespace famfs::tools {

struct StripeOptions {
  std::optional<std::uint32_t> strips, buckets;
  std::optional<std::uint64_t> chunk;
};

// nullopt: contiguous (all three off). invalid: names the value and the limit.
[[nodiscard]] Result<std::optional<alloc::Stripes>> stripes_of(const StripeOptions& options);

// The public tools refuse buckets below this; we warn, so that small stand-ins can be striped.
[[nodiscard]] bool bucket_is_small(const alloc::Stripes& stripes,
                                   std::uint64_t device_size) noexcept;

} // namespace famfs::tools
