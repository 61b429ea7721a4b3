#include "format/file_map.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace famfs::format {
namespace {

Segment interleaved_segment(const FileMap& map, std::uint64_t offset,
                            std::uint64_t length) noexcept {
  const std::uint64_t chunk_index = offset / map.chunk;
  const std::uint64_t in_chunk = offset % map.chunk;
  const std::uint64_t strips = map.extents.size();
  const Extent& strip = map.extents[chunk_index % strips];
  const std::uint64_t in_strip = chunk_index / strips * map.chunk + in_chunk;
  return {.file_offset = offset,
          .device = strip.device,
          .offset = strip.offset + in_strip,
          .length = std::min(length, map.chunk - in_chunk)};
}

} // namespace

std::uint64_t FileMap::capacity() const noexcept {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (kind == MapKind::interleaved) {
    std::uint64_t shortest = extents.empty() ? 0 : kMax;
    for (const Extent& strip : extents) {
      shortest = std::min(shortest, strip.length);
    }
    return checked_mul(shortest, extents.size()).value_or(kMax);
  }
  std::uint64_t sum = 0;
  for (const Extent& extent : extents) {
    sum = checked_add(sum, extent.length).value_or(kMax);
  }
  return sum;
}

Segment segment_at(const FileMap& map, std::uint64_t offset, std::uint64_t length) noexcept {
  assert(offset < map.capacity() && length > 0);
  // A single strip is contiguous: no need to cut it at its chunks.
  if (map.kind == MapKind::interleaved && map.extents.size() > 1) {
    return interleaved_segment(map, offset, length);
  }
  std::uint64_t in_extent = offset;
  std::size_t i = 0;
  while (in_extent >= map.extents[i].length) {
    in_extent -= map.extents[i].length;
    ++i;
  }
  const Extent& extent = map.extents[i];
  return {.file_offset = offset,
          .device = extent.device,
          .offset = extent.offset + in_extent,
          .length = std::min(length, extent.length - in_extent)};
}

} // namespace famfs::format
