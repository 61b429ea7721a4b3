// Interleaved space: its limits, and where strips lie.
#include "alloc/striping.h"
#include "support.h"

#include <set>

namespace famfs::alloc {
namespace {

constexpr std::uint64_t kDevice = 1 * GiB; // buckets are parts of the device, not of the data area

Allocator one_gig() {
  auto made = Allocator::make({.device_size = kDevice, .log_length = 8 * MiB, .alloc_unit = kUnit});
  REQUIRE(made);
  return std::move(*made);
}

std::uint64_t bucket_of(const format::Extent& strip, std::uint32_t buckets) {
  const std::uint64_t bucket = strip.offset / (kDevice / buckets);
  CHECK((strip.offset + strip.length - 1) / (kDevice / buckets) == bucket);
  return bucket;
}

} // namespace

TEST_CASE("stripes: limits") {
  Allocator allocator = one_gig();
  const Stripes bad[] = {
      {.strips = 0, .buckets = 8, .chunk = 2 * MiB},
      {.strips = 17, .buckets = 32, .chunk = 2 * MiB},
      {.strips = 1000, .buckets = 1000, .chunk = 2 * MiB},
      {.strips = 4, .buckets = 3, .chunk = 2 * MiB},
      {.strips = 4, .buckets = 65, .chunk = 2 * MiB},
      {.strips = 4, .buckets = 8, .chunk = 0},
      {.strips = 4, .buckets = 8, .chunk = 1 * MiB},
      {.strips = 4, .buckets = 8, .chunk = 6 * MiB},
      {.strips = 4, .buckets = 8, .chunk = 2 * MiB + 1},
      {.strips = 4, .buckets = 8, .chunk = 256 * MiB}, // larger than a bucket
      {.strips = 16, .buckets = 16, .chunk = std::uint64_t{1} << 63},
  };
  for (const Stripes& stripes : bad) {
    CAPTURE(stripes.strips, stripes.buckets, stripes.chunk);
    const auto map = allocator.allocate_striped(64 * MiB, stripes);
    REQUIRE_FALSE(map);
    CHECK(map.error().code == Errc::usage);
  }
  CHECK(allocator.free_bytes() == allocator.total_bytes());
}

TEST_CASE("stripes: what options and famfs.yaml say") {
  const auto with = [](std::uint32_t n, std::uint32_t b, std::uint64_t c) {
    return stripes_of({.strips = n, .buckets = b, .chunk = c});
  };
  const auto part = [&](std::uint32_t n, std::uint32_t b, std::uint64_t c) {
    const auto stripes = with(n, b, c);
    return stripes ? "none" : stripes.error().part;
  };
  CHECK(!stripes_of({})->has_value());
  CHECK(!with(0, 0, 0)->has_value());
  REQUIRE(with(3, 8, 0).has_value());
  CHECK((*with(3, 8, 0))->chunk == 2 * MiB);
  CHECK((*with(16, 64, 4 * MiB))->chunk == 4 * MiB);
  CHECK(with(1, 1, 0).has_value());
  CHECK(part(17, 64, 0) == "nstrips"); // strips ≤ 16
  CHECK(part(4, 3, 0) == "nbuckets");  // strips ≤ buckets
  CHECK(part(4, 65, 0) == "nbuckets"); // buckets ≤ 64
  CHECK(part(4, 0, 0) == "nbuckets");  // one without the other
  CHECK(part(0, 4, 0) == "nstrips");
  CHECK(part(0, 0, 2 * MiB) == "nstrips");
  CHECK(part(3, 8, 1 * MiB) == "chunksize"); // a multiple of 2 MiB
  CHECK(part(3, 8, 6 * MiB) == "chunksize"); // a power of two
  CHECK(part(3, 8, 3) == "chunksize");
}

TEST_CASE("stripes: the message names the value") {
  Allocator allocator = one_gig();
  const auto map =
      allocator.allocate_striped(64 * MiB, {.strips = 17, .buckets = 32, .chunk = 2 * MiB});
  CHECK(map.error().message.find("nstrips 17: not from 1 to 16") != std::string::npos);
}

TEST_CASE("stripes: equal strips, each in a bucket of its own") {
  struct Want {
    std::uint64_t bytes;
    Stripes stripes;
    std::uint64_t strip_length;
  };
  const Want wants[] = {
      {64 * MiB, {.strips = 3, .buckets = 8, .chunk = 2 * MiB}, 22 * MiB}, // as the public tools do
      {33 * MiB, {.strips = 7, .buckets = 8, .chunk = 4 * MiB}, 8 * MiB},
      {2 * MiB, {.strips = 16, .buckets = 64, .chunk = 2 * MiB}, 2 * MiB},
      {64 * MiB + 1, {.strips = 16, .buckets = 16, .chunk = 2 * MiB}, 6 * MiB},
      {100 * MiB, {.strips = 1, .buckets = 1, .chunk = 8 * MiB}, 104 * MiB},
  };
  for (const Want& want : wants) {
    CAPTURE(want.bytes, want.stripes.strips);
    Allocator allocator = one_gig();
    const auto map = allocator.allocate_striped(want.bytes, want.stripes);
    REQUIRE(map);
    CHECK(map->kind == format::MapKind::interleaved);
    CHECK(map->chunk == want.stripes.chunk);
    REQUIRE(map->extents.size() == want.stripes.strips);
    std::set<std::uint64_t> buckets;
    for (const format::Extent& strip : map->extents) {
      CHECK(strip.length == want.strip_length);
      CHECK(strip.offset >= kDataBegin);
      buckets.insert(bucket_of(strip, want.stripes.buckets));
    }
    CHECK(buckets.size() == want.stripes.strips);
    CHECK(allocator.total_bytes() - allocator.free_bytes() ==
          want.strip_length * want.stripes.strips);
    allocator.free(*map);
    CHECK(allocator.free_bytes() == allocator.total_bytes());
  }
}

TEST_CASE("stripes: a file smaller than a chunk is not interleaved") {
  Allocator allocator = one_gig();
  const auto map =
      allocator.allocate_striped(4 * MiB - 1, {.strips = 2, .buckets = 4, .chunk = 4 * MiB});
  REQUIRE(map);
  CHECK(map->kind == format::MapKind::simple);
  CHECK(map->chunk == 0);
  CHECK(list(map->extents) == std::vector<format::Extent>{units(0, 2)});
  CHECK(allocator.allocate_striped(0, {.strips = 2, .buckets = 4, .chunk = 4 * MiB})
            ->extents.empty());
}

TEST_CASE("stripes: the emptiest buckets first, whatever their order") {
  Allocator allocator = one_gig(); // four buckets of 256 MiB; the first lacks superblock and log
  REQUIRE(allocator.claim({.device = 0, .offset = 256 * MiB, .length = 100 * MiB}));
  const Stripes two{.strips = 2, .buckets = 4, .chunk = 2 * MiB};
  const auto map = allocator.allocate_striped(4 * MiB, two);
  REQUIRE(map);
  CHECK(bucket_of(map->extents[0], 4) == 2);
  CHECK(bucket_of(map->extents[1], 4) == 3);
  const auto all =
      allocator.allocate_striped(8 * MiB, {.strips = 4, .buckets = 4, .chunk = 2 * MiB});
  REQUIRE(all);
  CHECK(bucket_of(all->extents[3], 4) == 1);
}

TEST_CASE("stripes: all or nothing") {
  Allocator allocator = one_gig();
  // 1016 MiB free; a bucket of 256 MiB cannot hold a strip of 258.
  const auto map =
      allocator.allocate_striped(1010 * MiB, {.strips = 4, .buckets = 4, .chunk = 2 * MiB});
  REQUIRE_FALSE(map); // the first bucket has 246 MiB, a strip 254
  CHECK(map.error().code == Errc::no_space);
  CHECK(map.error().message.find("3 of 4 buckets") != std::string::npos);
  CHECK(allocator.free_bytes() == allocator.total_bytes());
  CHECK(allocator.allocate_striped(984 * MiB, {.strips = 4, .buckets = 4, .chunk = 2 * MiB}));
  const auto more =
      allocator.allocate_striped(1 * TiB, {.strips = 4, .buckets = 4, .chunk = 2 * MiB});
  CHECK(more.error().code == Errc::no_space);
}

} // namespace famfs::alloc
