// Stretches of a device whose memory is known to be bad, so that nothing is put there and nobody
// touches it to find out. Values only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace famfs::media {

struct BadRange {
  std::uint64_t offset = 0; // on the device, bytes
  std::uint64_t length = 0;
  bool operator==(const BadRange&) const = default;
};

// In order of offset, none empty, none touching another, all within the device.
using BadRanges = std::vector<BadRange>;

// Any ranges, made so; what lies past `size` is cut off.
[[nodiscard]] BadRanges tidy(std::vector<BadRange> ranges, std::uint64_t size);

// Ranges of physical addresses, as seen from a device of `size` bytes that begins at `begin`.
[[nodiscard]] BadRanges relative_to(std::span<const BadRange> physical, std::uint64_t begin,
                                    std::uint64_t size);

[[nodiscard]] constexpr bool overlaps(const BadRange& range, std::uint64_t offset,
                                      std::uint64_t length) noexcept {
  // Differences, as sums could wrap.
  return range.offset < offset ? offset - range.offset < range.length
                               : range.offset - offset < length;
}
// Of `ranges` (BadRanges), the first that overlaps; null: none.
[[nodiscard]] const BadRange* find(const BadRanges& ranges, std::uint64_t offset,
                                   std::uint64_t length) noexcept;

} // namespace famfs::media
