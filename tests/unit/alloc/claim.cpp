// What replay may claim, and devices of every size.
#include "support.h"

namespace famfs::alloc {

TEST_CASE("claim: marks whole extents, once") {
  Allocator allocator = allocator_of(100);
  CHECK(allocator.total_bytes() == 100 * kUnit);
  CHECK(allocator.claim(units(10, 5)));
  CHECK(allocator.free_bytes() == 95 * kUnit);

  SECTION("an overlap is refused and marks nothing") {
    for (const auto& overlap :
         {units(10, 5), units(9, 2), units(14, 1), units(0, 100), units(12, 80)}) {
      CHECK_FALSE(allocator.claim(overlap));
    }
    CHECK(allocator.free_bytes() == 95 * kUnit);
    CHECK(allocator.claim(units(0, 10)));
    CHECK(allocator.claim(units(15, 85)));
    CHECK(allocator.free_bytes() == 0);
  }
  SECTION("freed, it can be claimed again") {
    allocator.free(units(11, 3));
    CHECK(allocator.free_bytes() == 98 * kUnit);
    CHECK_FALSE(allocator.claim(units(10, 2)));
    CHECK(allocator.claim(units(11, 3)));
  }
}

TEST_CASE("claim: what is not a stretch of the data area is refused") {
  Allocator allocator = allocator_of(100);
  const std::uint64_t huge = std::uint64_t{1} << 62;
  const format::Extent bad[] = {
      units(0, 101),                                         // past the end
      units(100, 1),                                         // at the end
      units(1000, 1),                                        // past it
      units(0, 0),                                           // empty
      {.device = 0, .offset = 0, .length = kUnit},           // superblock
      {.device = 0, .offset = 2 * MiB, .length = kUnit},     // log
      {.device = 0, .offset = 8 * MiB, .length = 2 * kUnit}, // half in the log
      {.device = 1, .offset = kDataBegin, .length = kUnit},
      {.device = 0, .offset = kDataBegin + 4096, .length = kUnit},
      {.device = 0, .offset = kDataBegin, .length = kUnit + 1},
      {.device = 0, .offset = kDataBegin, .length = huge},
      {.device = 0, .offset = huge, .length = huge},
      {.device = 0, .offset = ~std::uint64_t{0} - kUnit + 1, .length = 2 * kUnit}, // wraps
  };
  for (const format::Extent& extent : bad) {
    CAPTURE(extent.device, extent.offset, extent.length);
    CHECK_FALSE(allocator.claim(extent));
  }
  CHECK(allocator.free_bytes() == allocator.total_bytes());
}

TEST_CASE("make: a device too small for data has none") {
  for (const std::uint64_t size : {0 * MiB, 1 * MiB, 10 * MiB, 11 * MiB}) {
    auto made = Allocator::make({.device_size = size, .log_length = 8 * MiB, .alloc_unit = kUnit});
    REQUIRE(made);
    CHECK(made->total_bytes() == 0);
    CHECK(made->largest_free_run() == 0);
    CHECK(made->allocate(1).error().code == Errc::no_space);
    CHECK(made->allocate(0)->empty());
  }
}

TEST_CASE("make: only whole units of the device are data") {
  auto made = Allocator::make(geometry_of(3 * kUnit + kUnit - 1));
  REQUIRE(made);
  CHECK(made->total_bytes() == 3 * kUnit);
}

TEST_CASE("make: units of 4 KiB") {
  auto made = Allocator::make(geometry_of(1 * MiB, format::kSmallAllocUnit));
  REQUIRE(made);
  CHECK(made->total_bytes() == 1 * MiB);
  CHECK(made->claim({.device = 0, .offset = kDataBegin + 4096, .length = 4096}));
  const auto extents = made->allocate(4097);
  REQUIRE(extents);
  CHECK(list(*extents) ==
        std::vector<format::Extent>{{.device = 0, .offset = kDataBegin + 8192, .length = 8192}});
}

TEST_CASE("make: a sparse file that claims exabytes is an error or works, and never throws") {
  const std::uint64_t exabyte = std::uint64_t{1} << 60;
  for (const std::uint64_t size : {exabyte, 8 * exabyte - 1, 15 * exabyte}) {
    const auto made =
        Allocator::make({.device_size = size, .log_length = 8 * MiB, .alloc_unit = kUnit});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Errc::too_big);
    CHECK(made.error().message.find('\n') == std::string::npos);
  }
  // As large as we keep track of: its map costs memory only where it is used.
  auto made = Allocator::make(geometry_of(8 * 1024 * TiB));
  REQUIRE(made);
  CHECK(made->claim(units(std::uint64_t{1} << 31, 4)));
  CHECK(made->allocate(kUnit)->begin()->offset == kDataBegin);
  CHECK(made->free_bytes() == 8 * 1024 * TiB - 5 * kUnit);
}

} // namespace famfs::alloc
