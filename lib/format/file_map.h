// A file map: the extents, or the interleaved strips, that back a file; and the arithmetic from an
// offset in the file to an offset on the device. Pure values; bytes.
#pragma once

#include "base/inline_vector.h"
#include "format/layout.h"

#include <cstdint>

namespace famfs::format {

struct Extent {
  std::uint64_t device = 0; // index; 0 is the device the superblock is on
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const Extent&) const = default;
};
using Extents = InlineVector<Extent, kMaxExtents>;

enum class MapKind : std::uint8_t { simple = 0, interleaved = 1 };

struct FileMap {
  MapKind kind = MapKind::simple;
  std::uint64_t chunk = 0; // interleaved only
  Extents extents;         // the strips, when interleaved
  bool operator==(const FileMap&) const = default;

  // Bytes the extents can hold (for interleaved: count times the shortest strip). Saturates.
  [[nodiscard]] std::uint64_t capacity() const noexcept;
};

// A stretch of a file that is contiguous on one device.
struct Segment {
  std::uint64_t file_offset = 0;
  std::uint64_t device = 0;
  std::uint64_t offset = 0; // on the device
  std::uint64_t length = 0;
};

// The segment that begins at `offset`, as long as it is contiguous on the device but at most
// `length`. `offset` below map.capacity(), `length` not 0; the map is valid (validate.h).
[[nodiscard]] Segment segment_at(const FileMap& map, std::uint64_t offset,
                                 std::uint64_t length) noexcept;

// Calls fn(const Segment&) for [offset, offset + length) in file order; fn returns false to stop.
// Neighbouring extents are not merged.
template <class Fn>
void for_each_segment(const FileMap& map, std::uint64_t offset, std::uint64_t length, Fn&& fn) {
  while (length > 0) {
    const Segment segment = segment_at(map, offset, length);
    if (!fn(segment)) {
      return;
    }
    offset += segment.length;
    length -= segment.length;
  }
}

} // namespace famfs::format
