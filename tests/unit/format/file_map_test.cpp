#include "samples.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::format;
using sample::kData;

namespace {

// Byte by byte from the format's text: chunk c = b / chunk, strip c % n, at (c / n)·chunk + b %
// chunk.
std::uint64_t by_definition(const FileMap& map, std::uint64_t byte) {
  const std::uint64_t chunk = byte / map.chunk;
  const std::uint64_t strips = map.extents.size();
  return map.extents[chunk % strips].offset + chunk / strips * map.chunk + byte % map.chunk;
}

} // namespace

TEST_CASE("capacity saturates") {
  FileMap map;
  CHECK(map.capacity() == 0);
  map.extents.push_back({.length = UINT64_MAX});
  map.extents.push_back({.length = 2});
  CHECK(map.capacity() == UINT64_MAX);
  map.kind = MapKind::interleaved;
  CHECK(map.capacity() == 4);
  map.extents[1].length = UINT64_MAX;
  CHECK(map.capacity() == UINT64_MAX);
}

TEST_CASE("segments of several extents") {
  FileMap map;
  map.extents.push_back({.device = 0, .offset = 100, .length = 10});
  map.extents.push_back({.device = 1, .offset = 50, .length = 20});
  const Segment first = segment_at(map, 3, 100);
  CHECK(first.device == 0);
  CHECK(first.offset == 103);
  CHECK(first.length == 7);
  const Segment second = segment_at(map, 10, 5);
  CHECK(second.device == 1);
  CHECK(second.offset == 50);
  CHECK(second.length == 5);
  CHECK(segment_at(map, 29, 100).length == 1);
}

TEST_CASE("segments of an interleaved file are where the format says") {
  const FileMap map = sample::interleaved_file().map;
  for (std::uint64_t byte = 0; byte < map.capacity(); byte += MiB / 2 + 1) {
    const Segment segment = segment_at(map, byte, UINT64_MAX);
    CAPTURE(byte);
    REQUIRE(segment.offset == by_definition(map, byte));
    REQUIRE(segment.length == map.chunk - byte % map.chunk);
    REQUIRE(by_definition(map, byte + segment.length - 1) == segment.offset + segment.length - 1);
  }
}

TEST_CASE("one strip is one segment") {
  FileMap map{.kind = MapKind::interleaved, .chunk = 2 * MiB, .extents = {}};
  map.extents.push_back({.offset = kData, .length = 8 * MiB});
  CHECK(segment_at(map, 5, 8 * MiB - 5).length == 8 * MiB - 5);
}

TEST_CASE("for_each_segment covers a range once, in order, and stops when told") {
  const FileMap map = sample::interleaved_file().map;
  std::uint64_t next = MiB;
  for_each_segment(map, MiB, 10 * MiB, [&](const Segment& segment) {
    CHECK(segment.file_offset == next);
    next += segment.length;
    return true;
  });
  CHECK(next == 11 * MiB);
  int calls = 0;
  for_each_segment(map, 0, 10 * MiB, [&](const Segment&) { return ++calls < 2; });
  CHECK(calls == 2);
}
