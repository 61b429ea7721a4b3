// The rules of Stripes: one place for the options -N -B -C, for famfs.yaml's section "allocation",
// and for what a program asks of the daemon. Values only.
#pragma once

#include "alloc/allocator.h"
#include "base/config.h"
#include "base/error.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace famfs::alloc {

inline constexpr std::uint32_t kMaxBuckets = 64;

// The first rule that is broken, and by which part: it is called what its option and its key are.
struct StripesFault {
  std::string_view part;
  std::string why; // "17: not from 1 to 16"

  [[nodiscard]] Error error(Errc code) const;
};

// Whatever the device.
[[nodiscard]] std::optional<StripesFault> fault_of(const Stripes& stripes);

// nullopt: contiguous (all three off).
[[nodiscard]] std::expected<std::optional<Stripes>, StripesFault>
stripes_of(const AllocationConfig& options);

} // namespace famfs::alloc
