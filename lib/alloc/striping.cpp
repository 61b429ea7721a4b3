#include "alloc/striping.h"

#include "base/text.h"
#include "base/units.h"

namespace famfs::alloc {

Error StripesFault::error(Errc code) const {
  return {code, fmt::format("{} {}", part, why)};
}

std::optional<StripesFault> fault_of(const Stripes& stripes) {
  const auto& [strips, buckets, chunk] = stripes;
  if (strips == 0 || strips > format::kMaxExtents) {
    return StripesFault{"nstrips", fmt::format("{}: not from 1 to {}: an interleaved file needs "
                                               "nstrips and nbuckets",
                                               strips, format::kMaxExtents)};
  }
  if (buckets < strips || buckets > kMaxBuckets) {
    return StripesFault{"nbuckets", fmt::format("{}: not from {} (the strips) to {}", buckets,
                                                strips, kMaxBuckets)};
  }
  if (!is_power_of_two(chunk) || chunk < format::kAllocUnit) {
    return StripesFault{"chunksize", fmt::format("{}: not a power of two of at least {}: give 2M, "
                                                 "4M, 8M …",
                                                 chunk, format::kAllocUnit)};
  }
  return std::nullopt;
}

std::expected<std::optional<Stripes>, StripesFault> stripes_of(const AllocationConfig& options) {
  const std::uint64_t chunk = options.chunk.value_or(0);
  const Stripes stripes{.strips = options.strips.value_or(0),
                        .buckets = options.buckets.value_or(0),
                        .chunk = chunk == 0 ? format::kAllocUnit : chunk};
  if (stripes.strips == 0 && stripes.buckets == 0 && chunk == 0) {
    return std::nullopt;
  }
  if (auto fault = fault_of(stripes)) {
    return std::unexpected(std::move(*fault));
  }
  return stripes;
}

} // namespace famfs::alloc
