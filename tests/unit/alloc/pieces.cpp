// Where allocate() and extend() put things.
#include "support.h"

namespace famfs::alloc {

using List = std::vector<format::Extent>;

TEST_CASE("allocate: first fit, rounded up to the unit") {
  Allocator allocator = allocator_like("##.#..#...........");
  CHECK(list(*allocator.allocate(1)) == List{units(2, 1)});
  CHECK(list(*allocator.allocate(kUnit + 1)) == List{units(4, 2)});
  CHECK(list(*allocator.allocate(3 * kUnit)) == List{units(7, 3)});
  CHECK(allocator.free_bytes() == 8 * kUnit);
  CHECK(allocator.allocate(0)->empty());
}

TEST_CASE("allocate: space that was freed is found again") {
  Allocator allocator = allocator_of(8);
  REQUIRE(allocator.allocate(8 * kUnit));
  allocator.free(units(1, 2));
  CHECK(list(*allocator.allocate(2 * kUnit)) == List{units(1, 2)});
}

TEST_CASE("allocate: in pieces when it must: the longest, as few as do, by address") {
  //                                      012345678901234567
  Allocator allocator = allocator_like("..#....#...#.....#");
  SECTION("two do") {
    CHECK(list(*allocator.allocate(7 * kUnit)) == List{units(3, 4), units(12, 3)});
    CHECK(allocator.free_bytes() == 7 * kUnit);
  }
  SECTION("all of them") {
    CHECK(list(*allocator.allocate(14 * kUnit)) ==
          List{units(0, 2), units(3, 4), units(8, 3), units(12, 5)});
    CHECK(allocator.free_bytes() == 0);
    CHECK(allocator.allocate(1).error().code == Errc::no_space);
  }
  SECTION("no more than were allowed") {
    CHECK(allocator.allocate(10 * kUnit, 2).error().code == Errc::no_space);
    CHECK(allocator.allocate(6 * kUnit, 1).error().code == Errc::no_space);
    CHECK(allocator.allocate(kUnit, 0).error().code == Errc::no_space);
    CHECK(allocator.free_bytes() == 14 * kUnit);
    CHECK(list(*allocator.allocate(9 * kUnit, 2)) == List{units(3, 4), units(12, 5)});
  }
}

TEST_CASE("allocate: of pieces of one length, the lower ones") {
  //                                      0123456789012
  Allocator allocator = allocator_like("#..#..#..#...");
  CHECK(list(*allocator.allocate(5 * kUnit, 2)) == List{units(1, 2), units(10, 3)});
}

TEST_CASE("allocate: no space says how much there is") {
  Allocator allocator = allocator_like(".#.#");
  const auto more = allocator.allocate(3 * kUnit);
  REQUIRE_FALSE(more);
  CHECK(more.error().code == Errc::no_space);
  CHECK(more.error().message.find("6 MiB: no space: 4 MiB of 8 MiB are free") != std::string::npos);
  CHECK(allocator.allocate(~std::uint64_t{0}).error().code == Errc::no_space);
}

TEST_CASE("allocate: too many pieces says so, and takes nothing") {
  std::string comb;
  for (int i = 0; i < 20; ++i) {
    comb += ".#";
  }
  Allocator allocator = allocator_like(comb);
  const auto refused = allocator.allocate(17 * kUnit);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::no_space);
  CAPTURE(refused.error().message);
  CHECK(refused.error().message.find("40 MiB are free") != std::string::npos);
  CHECK(refused.error().message.find("16 longest pieces") != std::string::npos);
  CHECK(refused.error().message.find("32 MiB") != std::string::npos);
  CHECK(allocator.free_bytes() == 20 * kUnit);
  const auto fits = allocator.allocate(16 * kUnit);
  REQUIRE(fits);
  CHECK(fits->size() == 16);
  CHECK((*fits)[0] == units(0, 1));
  CHECK((*fits)[15] == units(30, 1));
}

TEST_CASE("extend: in place, as far as it goes") {
  Allocator allocator = allocator_like("#....#..");
  format::Extent extent = units(0, 1);
  CHECK(allocator.extend(extent, 2 * kUnit - 1) == 2 * kUnit);
  CHECK(extent == units(0, 3));
  CHECK(allocator.extend(extent, ~std::uint64_t{0}) == 2 * kUnit);
  CHECK(extent == units(0, 5));
  CHECK(allocator.extend(extent, kUnit) == 0);
  CHECK(extent == units(0, 5));
  CHECK(allocator.free_bytes() == 2 * kUnit);

  format::Extent last = units(5, 1);
  CHECK(allocator.extend(last, 0) == 0);
  CHECK(allocator.extend(last, 100 * kUnit) == 2 * kUnit); // to the device's end, no further
  CHECK(allocator.extend(last, kUnit) == 0);
  CHECK(allocator.free_bytes() == 0);

  format::Extent outside{.device = 0, .offset = 0, .length = kUnit};
  CHECK(allocator.extend(outside, kUnit) == 0);
}

} // namespace famfs::alloc
