// Invariant 4: a new file shows no old bytes. The device is full of junk: any of it is a leak.
#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

namespace {

// All that a mapping of the file shows: whole pages.
std::string pages(Rig& rig, NodeId id) {
  const auto view = *rig.volume->map(id, false);
  std::string bytes;
  const std::uint64_t length = round_up(view.size, 4096);
  format::for_each_segment(view.map, 0, length, [&](const format::Segment& segment) {
    bytes.append(reinterpret_cast<const char*>(rig.memory.raw().data()) + segment.offset,
                 segment.length);
    return true;
  });
  return bytes;
}

} // namespace

TEST_CASE("a hole reads as zeros") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 1'000'000, "end");
  const auto want = zeros(1'000'000) + "end";
  CHECK(rig.read(id) == want);
  rig.write(id, 500, "middle");
  CHECK(rig.read(id) == zeros(500) + "middle" + zeros(1'000'000 - 506) + "end");
}

TEST_CASE("space that truncate or fallocate gave reads as zeros") {
  Rig rig;
  const NodeId id = rig.create("f");
  SECTION("truncate") {
    rig.resize(id, 3 * MiB);
  }
  SECTION("fallocate") {
    REQUIRE(rig.volume->reserve(id, MiB, 2 * MiB, false));
  }
  SECTION("fallocate keeping the size, then truncate") {
    REQUIRE(rig.volume->reserve(id, 0, 3 * MiB, true));
    CHECK(rig.attributes(id).size == 0);
    rig.resize(id, 3 * MiB);
  }
  SECTION("lay out") {
    REQUIRE(rig.volume->lay_out(id, {.size = 3 * MiB}));
  }
  SECTION("lay out in strips") {
    REQUIRE(rig.volume->lay_out(
        id,
        {.size = 3 * MiB, .stripes = alloc::Stripes{.strips = 2, .buckets = 3, .chunk = kUnit}}));
  }
  SECTION("read in parts first") {
    rig.resize(id, 3 * MiB);
    std::string part(1000, '?');
    REQUIRE(rig.volume->read(id, 2 * MiB, std::as_writable_bytes(std::span(part))) == 1000u);
    CHECK(part == zeros(1000));
  }
  CHECK(rig.read(id) == zeros(3 * MiB));
  rig.commit(id);
  CHECK(rig.read(id) == zeros(3 * MiB));
}

TEST_CASE("segments of what was never written are zeroed before they are handed out") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.resize(id, MiB);
  std::uint64_t bad = 0;
  REQUIRE(rig.volume->segments(id, 1000, 5000, [&](const format::Segment& s) {
    const auto bytes = rig.memory.raw().subspan(s.offset, s.length);
    bad += static_cast<std::uint64_t>(
        std::ranges::count_if(bytes, [](std::byte b) { return b != std::byte{0}; }));
    return true;
  }) == 5000u);
  CHECK(bad == 0);
}

TEST_CASE("what a committed file never wrote is zero and durable, to the end of its last page") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "x");
  rig.resize(id, kUnit + 4097);
  rig.commit(id);
  rig.crash_and_reopen();
  CHECK(pages(rig, rig.lookup("f")) == "x" + zeros(kUnit + 8192 - 1));
}

TEST_CASE("a short file's page shows nothing behind its end, mapped or committed") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "short");
  SECTION("mapped") {
    REQUIRE(rig.volume->map(id, true));
  }
  SECTION("committed") {
    rig.commit(id);
  }
  CHECK(pages(rig, id) == "short" + zeros(4091));
}

TEST_CASE("where the device is mapped in huge pages, all of the last one is zero, durably") {
  Rig rig;
  rig.map_unit = kUnit;
  rig.reopen();
  const NodeId id = rig.create("f");
  SECTION("mapped") {
    rig.write(id, 0, "short");
    REQUIRE(rig.volume->map(id, true));
  }
  SECTION("committed") {
    rig.write(id, 0, "short");
    rig.commit(id);
  }
  SECTION("laid out raw: its own bytes are its maker's to write") {
    REQUIRE(rig.volume->lay_out(id, {.size = 5, .raw = true}));
    rig.store_mapped(id, 0, "short");
  }
  const auto extent = rig.volume->map(id, false)->map.extents[0];
  rig.memory.crash();
  const auto bytes = rig.memory.raw().subspan(extent.offset, kUnit);
  CHECK(std::ranges::all_of(bytes.subspan(5), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("looking at a map zeroes nothing") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.resize(id, MiB);
  rig.memory.forget_events();
  REQUIRE(rig.volume->map(id, false));
  CHECK(rig.memory.events().empty());
}

TEST_CASE("a mapped file's unwritten space is zero, durably, before the map is handed out") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "x");
  rig.resize(id, MiB);
  REQUIRE(rig.volume->map(id, true));
  CHECK(pages(rig, id) == "x" + zeros(MiB - 1));
  rig.memory.crash();
  CHECK(pages(rig, id) == "x" + zeros(MiB - 1));
}

TEST_CASE("truncated and grown again: zeros, not what was there") {
  Rig rig;
  const NodeId id = rig.create("f");
  const auto text = text_of(3 * MiB);
  rig.write(id, 0, text);
  const bool mapped = GENERATE(false, true);
  CAPTURE(mapped);
  if (mapped) {
    REQUIRE(rig.volume->map(id, true));
  }
  rig.resize(id, 1000);
  CHECK(rig.read(id) == text.substr(0, 1000));
  SECTION("by truncate") {
    rig.resize(id, 3 * MiB);
    CHECK(rig.read(id) == text.substr(0, 1000) + zeros(3 * MiB - 1000));
  }
  SECTION("by a write further out") {
    rig.write(id, MiB, "end");
    CHECK(rig.read(id) == text.substr(0, 1000) + zeros(MiB - 1000) + "end");
  }
  SECTION("by commit, in the last page") {
    rig.commit(id);
    CHECK(pages(rig, id) == text.substr(0, 1000) + zeros(4096 - 1000));
  }
  SECTION("to nothing and back") {
    rig.resize(id, 0);
    rig.resize(id, 2 * MiB);
    CHECK(rig.read(id) == zeros(2 * MiB));
  }
}

TEST_CASE("raw space is left as it is, and shown to root alone before the commit") {
  using volume::Reader;
  Rig rig;
  const NodeId id = rig.create("f");
  REQUIRE(rig.volume->lay_out(id, {.size = MiB, .raw = true}));
  rig.memory.forget_events();
  const auto any = [](auto&) { return true; };
  CHECK(code_of(rig.volume->segments(id, 0, 1, any)) == Errc::access_denied);
  CHECK(code_of(rig.volume->map(id, true)) == Errc::access_denied);
  CHECK(rig.volume->map(id, false)); // where it is, is no secret
  REQUIRE(rig.volume->map(id, true, Reader::root));
  CHECK(rig.memory.events().empty());
  CHECK(rig.read(id) == std::string(MiB, static_cast<char>(kJunk)));
  rig.write(id, 10, "written");
  CHECK(rig.read(id).substr(10, 7) == "written");
  rig.commit(id);
  CHECK(rig.volume->segments(id, 0, 1, any));
  CHECK(rig.volume->map(id, true));
  CHECK(rig.read(id).substr(17) == std::string(MiB - 17, static_cast<char>(kJunk)));
}
