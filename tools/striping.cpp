#include "striping.h"

#include "base/units.h"
#include "format/layout.h"

#include <fmt/format.h>

namespace famfs::tools {
namespace {

constexpr std::uint64_t kChunkUnit = 2 * MiB;
constexpr std::uint32_t kMostBuckets = 64;
constexpr std::uint64_t kSmallBucket = GiB;

} // namespace

Result<std::optional<alloc::Stripes>> stripes_of(const StripeOptions& options) {
  const std::uint32_t strips = options.strips.value_or(0);
  const std::uint32_t buckets = options.buckets.value_or(0);
  const std::uint64_t asked = options.chunk.value_or(0);
  if (strips == 0 && buckets == 0 && asked == 0) {
    return std::nullopt;
  }
  if (strips == 0 || strips > format::kMaxExtents) {
    return fail(Errc::invalid, fmt::format("nstrips {}: not from 1 to {}: an interleaved file "
                                           "needs nstrips and nbuckets",
                                           strips, format::kMaxExtents));
  }
  if (buckets < strips || buckets > kMostBuckets) {
    return fail(Errc::invalid, fmt::format("nbuckets {}: not from {} (the strips) to {}", buckets,
                                           strips, kMostBuckets));
  }
  const std::uint64_t chunk = asked == 0 ? kChunkUnit : asked;
  if (!is_power_of_two(chunk) || chunk < kChunkUnit) {
    return fail(Errc::invalid,
                fmt::format("chunksize {}: not a power of two of at least {}", chunk, kChunkUnit));
  }
  return alloc::Stripes{.strips = strips, .buckets = buckets, .chunk = chunk};
}

bool bucket_is_small(const alloc::Stripes& stripes, std::uint64_t device_size) noexcept {
  return device_size / stripes.buckets < kSmallBucket;
}

} // namespace famfs::tools
