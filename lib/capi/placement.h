// Where the pieces of a direct map go: pure arithmetic from a file map, an offset and a length to
// device ranges at distances from one address.
//
// A device maps and unmaps in whole units only (2 MiB on most devdax). The kernel of such a device
// refuses odd lengths, but takes an odd offset and silently maps other bytes; so a piece is made of
// whole units or not made at all, and the wanted byte lies somewhere inside the first one.
#pragma once

#include "capi/map_source.h"
#include "capi/range.h"

#include <algorithm>

namespace famfs::capi {

struct Placement {
  std::size_t unit = 0;    // of the device part; a page when there is none
  std::uint64_t phase = 0; // device offset of the first byte: address and it agree modulo the unit
  std::size_t head = 0;    // bytes of the first unit before the first byte
  std::size_t length = 0;  // what the caller sees: whole pages
  std::size_t device_end = 0;  // from the first byte: where the last unit on the device ends
  std::size_t device_part = 0; // from the first byte: how much of it the file has, in whole pages

  // Of all that is reserved, from `head` bytes before the first byte on.
  [[nodiscard]] std::size_t reserved() const noexcept {
    return head + std::max(length, device_end);
  }
  [[nodiscard]] bool has_device() const noexcept { return device_part != 0; }
  // The pages past the end of the file that are not in its last unit.
  [[nodiscard]] bool has_past_end() const noexcept { return device_end < length; }
};

// `offset` a multiple of the page, `length` not 0 and rounded up to pages without wrapping.
// -ENODEV: the extents do not fit the device's unit, so that it cannot show them as one range.
[[nodiscard]] int place(const DirectFile& file, std::uint64_t offset, std::size_t length,
                        Placement& placement) noexcept;

// A stretch that is contiguous on the device.
struct Piece {
  std::size_t at = 0; // from the first byte
  std::uint64_t device_offset = 0;
  std::uint64_t length = 0;
};

// Calls fn(const Piece&) for the device part, neighbouring extents merged; fn returns false to
// stop.
template <class Fn>
void for_each_piece(const DirectFile& file, std::uint64_t offset, std::size_t device_part,
                    Fn&& fn) {
  Piece piece;
  bool go_on = true;
  format::for_each_segment(file.map, offset, device_part, [&](const format::Segment& segment) {
    if (piece.length != 0 && piece.device_offset + piece.length == segment.offset) {
      piece.length += segment.length;
      return true;
    }
    go_on = piece.length == 0 || fn(piece);
    piece = {.at = segment.file_offset - offset,
             .device_offset = segment.offset,
             .length = segment.length};
    return go_on;
  });
  if (go_on && piece.length != 0) {
    static_cast<void>(fn(piece));
  }
}

} // namespace famfs::capi
