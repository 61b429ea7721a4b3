#include "catch.h"

#include "media/bad_ranges.h"

#include <cstdint>

using namespace famfs::media;

TEST_CASE("tidy ranges are sorted, merged, cut at the end, and none is empty") {
  CHECK(tidy({}, 100).empty());
  CHECK(tidy({{50, 10}, {10, 5}, {15, 5}, {52, 3}, {30, 0}}, 100) == BadRanges{{10, 10}, {50, 10}});
  CHECK(tidy({{90, 20}, {100, 5}, {200, 5}}, 100) == BadRanges{{90, 10}});
  CHECK(tidy({{0, UINT64_MAX}}, 100) == BadRanges{{0, 100}});
  CHECK(tidy({{1, UINT64_MAX}, {UINT64_MAX, 1}}, UINT64_MAX) == BadRanges{{1, UINT64_MAX - 1}});
}

TEST_CASE("physical ranges are seen from the device's begin") {
  const BadRanges physical{{1000, 10}, {1995, 10}, {2100, 10}, {2995, 10}, {3000, 10}};
  CHECK(relative_to(physical, 2000, 1000) == BadRanges{{0, 5}, {100, 10}, {995, 5}});
  CHECK(relative_to({}, 2000, 1000).empty());
  CHECK(relative_to(BadRanges{{0, UINT64_MAX}}, 2000, 1000) == BadRanges{{0, 1000}});
}

TEST_CASE("a range is found by any byte of it, and by nothing beside it") {
  const BadRanges ranges{{10, 10}, {50, 10}};
  CHECK(find(ranges, 0, 10) == nullptr);
  CHECK(find(ranges, 0, 11) == &ranges[0]);
  CHECK(find(ranges, 19, 1) == &ranges[0]);
  CHECK(find(ranges, 20, 30) == nullptr);
  CHECK(find(ranges, 20, 31) == &ranges[1]);
  CHECK(find(ranges, 0, UINT64_MAX) == &ranges[0]);
  CHECK(find(ranges, 60, UINT64_MAX) == nullptr);
  CHECK(find({}, 0, UINT64_MAX) == nullptr);
}
