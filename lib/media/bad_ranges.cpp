#include "media/bad_ranges.h"

#include <algorithm>

namespace famfs::media {

BadRanges tidy(std::vector<BadRange> ranges, std::uint64_t size) {
  for (BadRange& range : ranges) {
    range.length = range.offset < size ? std::min(range.length, size - range.offset) : 0;
  }
  std::erase_if(ranges, [](const BadRange& range) { return range.length == 0; });
  std::ranges::sort(ranges, {}, &BadRange::offset);
  BadRanges merged;
  for (const BadRange& range : ranges) {
    if (!merged.empty() && range.offset <= merged.back().offset + merged.back().length) {
      BadRange& last = merged.back();
      last.length = std::max(last.length, range.offset + range.length - last.offset);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

BadRanges relative_to(std::span<const BadRange> physical, std::uint64_t begin, std::uint64_t size) {
  std::vector<BadRange> ranges;
  for (const BadRange& range : physical) {
    if (range.offset >= begin) {
      ranges.push_back({.offset = range.offset - begin, .length = range.length});
    } else if (begin - range.offset < range.length) {
      ranges.push_back({.offset = 0, .length = range.length - (begin - range.offset)});
    }
  }
  return tidy(std::move(ranges), size);
}

const BadRange* find(const BadRanges& ranges, std::uint64_t offset, std::uint64_t length) noexcept {
  const auto after = std::ranges::partition_point(
      ranges, [=](const BadRange& range) { return range.offset + range.length <= offset; });
  return after != ranges.end() && overlaps(*after, offset, length) ? &*after : nullptr;
}

} // namespace famfs::media
