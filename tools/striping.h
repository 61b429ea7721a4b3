// The options -N -B -C of creat and cp: how a file is interleaved.
#pragma once

#include "alloc/allocator.h"
#include "base/config.h"
#include "base/error.h"

#include <cstdint>
#include <optional>

namespace famfs::tools {

using StripeOptions = AllocationConfig;

// One setting in three parts: whoever gives one of them gives all, so that a script's -N -B -C mean
// what they say, and -N 0 is contiguous, whatever the default.
[[nodiscard]] inline StripeOptions given_or(const StripeOptions& given,
                                            const StripeOptions& otherwise) {
  return given.strips || given.buckets || given.chunk ? given : otherwise;
}

// nullopt: contiguous (all three off). invalid: names the value and the limit.
[[nodiscard]] Result<std::optional<alloc::Stripes>> stripes_of(const StripeOptions& options);

// The public tools refuse buckets below this; we warn, so that small stand-ins can be striped.
[[nodiscard]] bool bucket_is_small(const alloc::Stripes& stripes,
                                   std::uint64_t device_size) noexcept;

} // namespace famfs::tools
