#include "capi/placement.h"

#include "capi/kernel.h"

#include <cerrno>

namespace famfs::capi {

int place(const DirectFile& file, std::uint64_t offset, std::size_t length,
          Placement& placement) noexcept {
  const std::uint64_t end = round_up(file.size, page_size());
  placement = {.unit = page_size(), .length = length};
  if (offset >= end) {
    return 0;
  }
  placement.unit = file.device.alignment;
  placement.device_part = std::min<std::uint64_t>(length, end - offset);
  placement.phase = format::segment_at(file.map, offset, placement.device_part).offset;
  placement.head = placement.phase % placement.unit;
  placement.device_end =
      round_up(placement.head + placement.device_part, placement.unit) - placement.head;

  // Two pieces cannot share a unit: all but the first begin at the start of one, in both worlds.
  bool fits = true;
  for_each_piece(file, offset, placement.device_part, [&](const Piece& piece) {
    fits = piece.at == 0 || (piece.device_offset % placement.unit == 0 &&
                             (placement.head + piece.at) % placement.unit == 0);
    return fits;
  });
  return fits ? 0 : -ENODEV;
}

} // namespace famfs::capi
