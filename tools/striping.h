// The options -N -B -C of creat and cp: how a file is interleaved.
#pragma once

#include "alloc/striping.h"
#include "base/config.h"
#include "base/units.h"

#include <cstdint>

namespace famfs::tools {

using StripeOptions = AllocationConfig;

// One setting in three parts: whoever gives one of them gives all, so that a script's -N -B -C mean
// what they say, and -N 0 is contiguous, whatever the default.
[[nodiscard]] inline StripeOptions given_or(const StripeOptions& given,
                                            const StripeOptions& otherwise) {
  return given.strips || given.buckets || given.chunk ? given : otherwise;
}

// The public tools refuse buckets below 1 GiB; we warn, so that small stand-ins can be striped.
[[nodiscard]] inline bool bucket_is_small(const alloc::Stripes& stripes,
                                          std::uint64_t device_size) noexcept {
  return device_size / stripes.buckets < GiB;
}

} // namespace famfs::tools
