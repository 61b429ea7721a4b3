#include "volume/space.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::volume {

namespace {

using format::Extent;
using format::Extents;

// A piece of its own is a slot of 16 gone, so one run is taken, however short of `wanted`, before
// several are.
Result<Extents> allocate(alloc::Allocator& allocator, std::uint64_t needed, std::uint64_t wanted,
                         std::size_t slots) {
  if (slots == 0) {
    return fail(
        Errc::no_space,
        fmt::format("file has {} extents, as many as the format holds, and the space behind "
                    "the last is taken: reserve a file's space at once (fallocate)",
                    format::kMaxExtents));
  }
  if (auto one = allocator.allocate(wanted, 1)) {
    return one;
  }
  if (const std::uint64_t largest = allocator.largest_free_run(); largest >= needed) {
    return allocator.allocate(std::min(largest, wanted), 1);
  }
  return allocator.allocate(needed, slots);
}

} // namespace

std::uint64_t allocated_bytes(const format::FileMap& map) noexcept {
  std::uint64_t sum = 0;
  for (const Extent& extent : map.extents) {
    sum += extent.length;
  }
  return sum;
}

Result<void> grow(alloc::Allocator& allocator, format::FileMap& map, std::uint64_t needed,
                  std::uint64_t wanted) {
  const std::uint64_t before = allocated_bytes(map);
  std::uint64_t have = before;
  if (have >= needed) {
    return {};
  }
  wanted = std::max(wanted, needed);
  Extents& extents = map.extents;
  if (!extents.empty()) {
    have += allocator.extend(extents.back(), wanted - have);
  }
  if (have >= needed) {
    return {};
  }
  auto more =
      allocate(allocator, needed - have, wanted - have, Extents::capacity() - extents.size());
  if (!more) {
    if (have > before) {
      Extent& last = extents.back();
      last.length -= have - before;
      allocator.free(Extent{last.device, last.offset + last.length, have - before});
    }
    return std::unexpected(more.error());
  }
  for (const Extent& extent : *more) {
    extents.push_back(extent);
  }
  return {};
}

Cut cut(const format::FileMap& map, std::uint64_t size, std::uint64_t unit) noexcept {
  if (size == 0) {
    return {.kept = {}, .rest = map.extents};
  }
  if (map.kind == format::MapKind::interleaved) {
    return {.kept = map, .rest = {}};
  }
  Cut result;
  std::uint64_t left = round_up(size, unit);
  for (const Extent& extent : map.extents) {
    const std::uint64_t keep = std::min(left, extent.length);
    if (keep > 0) {
      result.kept.extents.push_back({extent.device, extent.offset, keep});
    }
    if (keep < extent.length) {
      result.rest.push_back({extent.device, extent.offset + keep, extent.length - keep});
    }
    left -= keep;
  }
  return result;
}

void free_extents(alloc::Allocator& allocator, const Extents& extents) {
  for (const Extent& extent : extents) {
    allocator.free(extent);
  }
}

} // namespace famfs::volume
