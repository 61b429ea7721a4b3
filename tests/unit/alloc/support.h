// Geometries and checks that the allocator's tests share. In units of 2 MiB unless told otherwise.
#pragma once

#include "alloc/allocator.h"
#include "base/units.h"
#include "catch.h"

#include <vector>

namespace famfs::alloc {

inline constexpr std::uint64_t kUnit = format::kAllocUnit;
inline constexpr std::uint64_t kDataBegin = 10 * MiB; // superblock and the smallest log

inline format::Geometry geometry_of(std::uint64_t data_bytes, std::uint64_t unit = kUnit) {
  return {.device_size = kDataBegin + data_bytes, .log_length = 8 * MiB, .alloc_unit = unit};
}

inline Allocator allocator_of(std::uint64_t data_units) {
  auto made = Allocator::make(geometry_of(data_units * kUnit));
  REQUIRE(made);
  return std::move(*made);
}

// Unit `i` of the data area, and `length` units from there.
inline format::Extent units(std::uint64_t i, std::uint64_t length) {
  return {.device = 0, .offset = kDataBegin + i * kUnit, .length = length * kUnit};
}

// Takes what is '#' in "##..#": the picture of a data area.
inline Allocator allocator_like(std::string_view picture) {
  Allocator allocator = allocator_of(picture.size());
  for (std::size_t i = 0; i < picture.size(); ++i) {
    if (picture[i] == '#') {
      REQUIRE(allocator.claim(units(i, 1)));
    }
  }
  return allocator;
}

inline std::vector<format::Extent> list(const format::Extents& extents) {
  return {extents.begin(), extents.end()};
}

} // namespace famfs::alloc
