#include "capi/placement.h"

#include "base/units.h"
#include "capi/kernel.h"
#include "catch.h"

#include <cerrno>
#include <vector>

using namespace famfs;
using namespace famfs::capi;

namespace {

DirectFile file_of(std::uint64_t size, std::uint64_t alignment,
                   std::initializer_list<format::Extent> extents) {
  DirectFile file;
  file.size = size;
  file.device.alignment = alignment;
  for (const format::Extent& extent : extents) {
    file.map.extents.push_back(extent);
  }
  return file;
}

std::vector<Piece> pieces_of(const DirectFile& file, std::uint64_t offset, std::size_t length) {
  std::vector<Piece> pieces;
  for_each_piece(file, offset, length, [&](const Piece& piece) {
    pieces.push_back(piece);
    return true;
  });
  return pieces;
}

} // namespace

TEST_CASE("neighbouring extents are one piece", "[placement]") {
  const DirectFile file = file_of(
      8 * MiB, 4 * KiB, {{0, 16 * MiB, 2 * MiB}, {0, 18 * MiB, 2 * MiB}, {0, 30 * MiB, 4 * MiB}});
  const auto pieces = pieces_of(file, MiB, 5 * MiB);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].at == 0);
  CHECK(pieces[0].device_offset == 17 * MiB);
  CHECK(pieces[0].length == 3 * MiB);
  CHECK(pieces[1].at == 3 * MiB);
  CHECK(pieces[1].device_offset == 30 * MiB);
  CHECK(pieces[1].length == 2 * MiB);
}

TEST_CASE("pieces can be stopped at the first", "[placement]") {
  const DirectFile file =
      file_of(6 * MiB, 4 * KiB, {{0, 16 * MiB, 2 * MiB}, {0, 30 * MiB, 4 * MiB}});
  int calls = 0;
  for_each_piece(file, 0, 6 * MiB, [&](const Piece&) { return ++calls < 1; });
  CHECK(calls == 1);
}

TEST_CASE("on a device of pages a mapping is what was asked for", "[placement]") {
  const DirectFile file = file_of(10000, 4 * KiB, {{0, 16 * MiB, 2 * MiB}});
  Placement p;
  REQUIRE(place(file, 4096, 16 * KiB, p) == 0);
  CHECK(p.head == 0);
  CHECK(p.phase == 16 * MiB + 4096);
  CHECK(p.device_part == 8192); // of 10,000 bytes, from the second page on
  CHECK(p.device_end == 8192);
  CHECK(p.has_past_end());
  CHECK(p.reserved() == 16 * KiB);
}

TEST_CASE("on a device of 2 MiB units a page lies inside a whole unit", "[placement]") {
  const DirectFile file = file_of(10000, 2 * MiB, {{0, 16 * MiB, 2 * MiB}});
  Placement p;
  REQUIRE(place(file, 4096, 4096, p) == 0);
  CHECK(p.head == 4096);
  CHECK(p.device_part == 4096);
  CHECK(p.device_end == 2 * MiB - 4096);
  CHECK(p.reserved() == 2 * MiB);
  CHECK_FALSE(p.has_past_end());
  REQUIRE(place(file, 0, 4 * MiB, p) == 0);
  CHECK(p.has_past_end());
  CHECK(p.device_end == 2 * MiB);
}

TEST_CASE("extents that do not fit the device's units are refused", "[placement]") {
  Placement p;
  // The file's second half begins in the middle of a unit.
  const DirectFile odd_place =
      file_of(4 * MiB, 2 * MiB, {{0, 16 * MiB, 2 * MiB}, {0, 31 * MiB, 2 * MiB}});
  CHECK(place(odd_place, 0, 4 * MiB, p) == -ENODEV);
  CHECK(place(odd_place, 0, 2 * MiB, p) == 0);
  // ... or the first ends in one.
  const DirectFile odd_length =
      file_of(2 * MiB, 2 * MiB, {{0, 16 * MiB, MiB}, {0, 32 * MiB, 2 * MiB}});
  CHECK(place(odd_length, 0, 2 * MiB, p) == -ENODEV);
  // Odd at both ends, but one piece: the address follows.
  const DirectFile single = file_of(MiB, 2 * MiB, {{0, 17 * MiB, MiB}});
  REQUIRE(place(single, 0, MiB, p) == 0);
  CHECK(p.head == MiB);
}

TEST_CASE("nothing of a file past its end is on the device", "[placement]") {
  Placement p;
  const DirectFile empty = file_of(0, 2 * MiB, {});
  REQUIRE(place(empty, 0, 8192, p) == 0);
  CHECK_FALSE(p.has_device());
  CHECK(p.has_past_end());
  CHECK(p.reserved() == 8192);
  const DirectFile file = file_of(4096, 2 * MiB, {{0, 16 * MiB, 2 * MiB}});
  REQUIRE(place(file, 4096, 4096, p) == 0);
  CHECK_FALSE(p.has_device());
  CHECK(p.unit == page_size());
}
