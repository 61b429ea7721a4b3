// Bad memory: never handed out, found by claims, kept when its file goes.
#include "support.h"

#include <algorithm>
#include <random>

namespace famfs::alloc {

namespace {

void withdraw_units(Allocator& allocator, std::uint64_t i, std::uint64_t length) {
  const auto extent = units(i, length);
  REQUIRE(allocator.withdraw(extent.offset, extent.length));
}

} // namespace

TEST_CASE("withdraw: one bad byte takes its unit, and no more") {
  Allocator allocator = allocator_of(10);
  REQUIRE(allocator.withdraw(kDataBegin + 3 * kUnit + 17, 1));
  CHECK(allocator.free_bytes() == 9 * kUnit);
  CHECK(allocator.withdrawn_bytes() == kUnit);
  CHECK(list(*allocator.allocate(3 * kUnit)) == std::vector{units(0, 3)});
  CHECK(list(*allocator.allocate(6 * kUnit)) == std::vector{units(4, 6)});
  CHECK(allocator.allocate(1).error().code == Errc::no_space);
  CHECK(allocator.allocate(1).error().message.find("2 MiB bad") != std::string::npos);
}

TEST_CASE("withdraw: two neighbours when it lies across them; again changes nothing") {
  Allocator allocator = allocator_of(10);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(allocator.withdraw(kDataBegin + 4 * kUnit - 1, 2));
    CHECK(allocator.free_bytes() == 8 * kUnit);
  }
  CHECK(allocator.largest_free_run() == 5 * kUnit);
}

TEST_CASE("withdraw: outside the data area nothing happens") {
  Allocator allocator = allocator_of(10);
  REQUIRE(allocator.withdraw(0, kDataBegin));
  REQUIRE(allocator.withdraw(kDataBegin + 10 * kUnit, UINT64_MAX));
  REQUIRE(allocator.withdraw(UINT64_MAX, UINT64_MAX));
  REQUIRE(allocator.withdraw(kDataBegin + kUnit, 0));
  CHECK(allocator.free_bytes() == 10 * kUnit);
  CHECK(allocator.withdrawn_bytes() == 0);
  REQUIRE(allocator.withdraw(0, UINT64_MAX));
  CHECK(allocator.free_bytes() == 0);
  CHECK(allocator.withdrawn_bytes() == 10 * kUnit);
}

TEST_CASE("withdraw: a file that is there can be claimed, and its bad units stay out after it") {
  Allocator allocator = allocator_of(10);
  withdraw_units(allocator, 2, 2);
  CHECK(allocator.claim(units(1, 2)));
  CHECK(allocator.free_bytes() == 7 * kUnit);
  CHECK_FALSE(allocator.claim(units(2, 1))); // it is a file's now
  CHECK(allocator.claim(units(3, 1)));
  allocator.free(units(1, 2));
  CHECK(allocator.free_bytes() == 8 * kUnit);
  CHECK(allocator.claim(units(1, 2)));
}

TEST_CASE("withdraw: what is a file's now does not come back") {
  Allocator allocator = allocator_like("####......");
  withdraw_units(allocator, 1, 1);
  withdraw_units(allocator, 3, 2);
  CHECK(allocator.free_bytes() == 5 * kUnit);
  allocator.free(units(0, 4));
  CHECK(allocator.free_bytes() == 7 * kUnit);
  CHECK(list(*allocator.allocate(7 * kUnit)) == std::vector{units(0, 1), units(2, 1), units(5, 5)});
}

TEST_CASE("withdraw: growing in place stops before it, stripes go round it") {
  Allocator allocator = allocator_of(16);
  withdraw_units(allocator, 2, 1);
  format::Extent extent = units(0, 1);
  REQUIRE(allocator.claim(extent));
  CHECK(allocator.extend(extent, 5 * kUnit) == kUnit);
  const auto map =
      allocator.allocate_striped(4 * kUnit, {.strips = 2, .buckets = 2, .chunk = kUnit});
  REQUIRE(map);
  for (const auto& strip : map->extents) {
    CHECK(
        (strip.offset + strip.length <= units(2, 1).offset || strip.offset >= units(3, 1).offset));
  }
}

TEST_CASE("withdraw: whatever is done, no bad unit is handed out and the sum is right") {
  std::mt19937 random(7);
  constexpr std::uint64_t n = 200;
  Allocator allocator = allocator_of(n);
  std::vector<bool> bad(n), taken(n);
  std::vector<format::Extent> files;
  for (int step = 0; step < 3000; ++step) {
    const std::uint64_t at = random() % n;
    if (random() % 20 == 0 && std::count(bad.begin(), bad.end(), true) < 60) {
      withdraw_units(allocator, at, 1);
      bad[at] = true;
    } else if (random() % 2 == 0 && !files.empty()) {
      const auto gone = files[at % files.size()];
      std::erase(files, gone);
      allocator.free(gone);
      for (auto i = (gone.offset - kDataBegin) / kUnit;
           i < (gone.offset + gone.length - kDataBegin) / kUnit; ++i) {
        taken[i] = false;
      }
    } else if (auto got = allocator.allocate((1 + random() % 6) * kUnit)) {
      for (const auto& extent : *got) {
        files.push_back(extent);
        for (auto i = (extent.offset - kDataBegin) / kUnit;
             i < (extent.offset + extent.length - kDataBegin) / kUnit; ++i) {
          REQUIRE_FALSE(bad[i]);
          REQUIRE_FALSE(taken[i]);
          taken[i] = true;
        }
      }
    }
    std::uint64_t free = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      free += !bad[i] && !taken[i] ? 1 : 0;
    }
    REQUIRE(allocator.free_bytes() == free * kUnit);
  }
}

} // namespace famfs::alloc
