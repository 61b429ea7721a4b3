#include "volume/pending.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::volume {

namespace {

// Stops at the first segment that fails; the fence comes in any case, for what went before.
template <class Fn>
Result<void> on_segments(const media::Memory& memory, const format::FileMap& map,
                         std::uint64_t from, std::uint64_t to, Fn&& fn) {
  if (from >= to) {
    return {};
  }
  Result<void> result;
  format::for_each_segment(map, from, to - from, [&](const format::Segment& segment) {
    result = fn(segment);
    return result.has_value();
  });
  memory.fence();
  return result;
}

} // namespace

Result<std::uint64_t> end_of(std::uint64_t offset, std::uint64_t length) {
  const auto end = checked_add(offset, length);
  if (!end || *end > kMaxFileSize) {
    return fail(Errc::too_big,
                fmt::format("{} bytes at offset {}: past the largest file, {}: write "
                            "less",
                            length, offset, kMaxFileSize));
  }
  return *end;
}

Result<void> zero(media::Memory& memory, const format::FileMap& map, std::uint64_t from,
                  std::uint64_t to) {
  return on_segments(memory, map, from, to, [&](const format::Segment& segment) -> Result<void> {
    if (auto zeroed = memory.zero(segment.offset, segment.length); !zeroed) {
      return zeroed;
    }
    return memory.write_back(segment.offset, segment.length);
  });
}

Result<void> write_back(media::Memory& memory, const format::FileMap& map, std::uint64_t from,
                        std::uint64_t to) {
  return on_segments(memory, map, from, to, [&](const format::Segment& segment) {
    return memory.write_back(segment.offset, segment.length);
  });
}

Result<void> invalidate(const media::Memory& memory, const format::FileMap& map, std::uint64_t from,
                        std::uint64_t to) {
  return on_segments(memory, map, from, to, [&](const format::Segment& segment) {
    return memory.invalidate(segment.offset, segment.length);
  });
}

Result<void> Pending::clean(media::Memory& memory, std::uint64_t to) {
  if (raw) {
    return {};
  }
  to = std::min(to, map.capacity());
  if (auto zeroed = zero(memory, map, high_water, to); !zeroed) {
    return zeroed;
  }
  high_water = std::max(high_water, to);
  return {};
}

std::uint64_t Pending::visible_end(std::uint64_t map_unit) const noexcept {
  return round_up(size.load(), map_unit);
}

} // namespace famfs::volume
