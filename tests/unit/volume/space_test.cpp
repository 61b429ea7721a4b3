#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

namespace {

constexpr std::uint64_t kUnits = 27; // of data on the rig's device

} // namespace

TEST_CASE("a growing file doubles its space and gives back what it does not need") {
  Rig rig;
  CHECK(rig.free_bytes() == kUnits * kUnit);
  const NodeId id = rig.create("f");
  CHECK(rig.attributes(id).allocated == 0);
  rig.write(id, 0, "x");
  CHECK(rig.attributes(id).allocated == kUnit);
  rig.write(id, kUnit, "x");
  CHECK(rig.attributes(id).allocated == 2 * kUnit);
  rig.write(id, 2 * kUnit, "x");
  CHECK(rig.attributes(id).allocated == 4 * kUnit);
  rig.write(id, 4 * kUnit, "x");
  CHECK(rig.attributes(id).allocated == 8 * kUnit);
  CHECK(rig.volume->map(id, false)->map.extents.size() == 1);
  rig.commit(id);
  CHECK(rig.attributes(id).allocated == 5 * kUnit);
  CHECK(rig.free_bytes() == (kUnits - 5) * kUnit);
}

TEST_CASE("files that grow by turns stay within a few extents") {
  Rig rig(256 * MiB);
  const NodeId a = rig.create("a");
  const NodeId b = rig.create("b");
  const auto text = text_of(kUnit);
  for (std::uint64_t i = 0; i < 50; ++i) {
    rig.write(a, i * kUnit, text);
    rig.write(b, i * kUnit, text);
  }
  CHECK(rig.volume->map(a, false)->map.extents.size() <= 7);
  CHECK(rig.volume->map(b, false)->map.extents.size() <= 7);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += text;
  }
  rig.commit(a);
  rig.commit(b);
  rig.reopen();
  CHECK(rig.read(rig.lookup("a")) == all);
  CHECK(rig.read(rig.lookup("b")) == all);
}

TEST_CASE("truncate and fallocate reserve what is asked, not the double") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.resize(id, 3 * kUnit + 1);
  CHECK(rig.attributes(id).allocated == 4 * kUnit);
  REQUIRE(rig.volume->reserve(id, 0, 6 * kUnit, true));
  CHECK(rig.attributes(id).allocated == 6 * kUnit);
  CHECK(rig.attributes(id).size == 3 * kUnit + 1);
  rig.resize(id, 1);
  CHECK(rig.attributes(id).allocated == kUnit);
  CHECK(rig.free_bytes() == (kUnits - 1) * kUnit);
  rig.resize(id, 0);
  CHECK(rig.free_bytes() == kUnits * kUnit);
}

TEST_CASE("a full device changes nothing but the answer") {
  Rig rig;
  const NodeId fixed = rig.create("fixed");
  rig.resize(fixed, 20 * kUnit);
  const NodeId id = rig.create("f");
  const auto text = text_of(kUnit);
  rig.write(id, 0, text);
  const auto free = rig.free_bytes();

  const auto refused = rig.try_write(id, kUnit * 7, "x");
  REQUIRE(code_of(refused) == Errc::no_space);
  CHECK(refused.error().message.find("f: ") == 0);
  CHECK(code_of(rig.volume->change(id, {.size = 8 * kUnit})) == Errc::no_space);
  CHECK(code_of(rig.volume->reserve(id, 0, 8 * kUnit, false)) == Errc::no_space);
  CHECK(rig.free_bytes() == free);
  CHECK(rig.attributes(id).size == kUnit);
  CHECK(rig.attributes(id).allocated == kUnit);
  CHECK(rig.read(id) == text);
  // All that is left, to the last unit, can be had.
  for (std::uint64_t i = 1; i < 7; ++i) {
    rig.write(id, i * kUnit, text);
  }
  CHECK(rig.free_bytes() == 0);
  CHECK(code_of(rig.try_write(id, 7 * kUnit, "x")) == Errc::no_space);
  rig.commit(id);
}

TEST_CASE("a file on a fragmented device takes several extents, at most 16") {
  Rig rig(128 * MiB); // 59 units
  std::vector<NodeId> fillers;
  for (int i = 0; i < 59; ++i) {
    fillers.push_back(rig.create(fmt::format("filler-{}", i)));
    rig.resize(fillers.back(), kUnit);
  }
  REQUIRE(rig.free_bytes() == 0);
  for (int i = 0; i < 59; i += 2) {
    REQUIRE(rig.volume->remove(tree::kRoot, fmt::format("filler-{}", i)));
  }
  REQUIRE(rig.free_bytes() == 30 * kUnit);
  const NodeId id = rig.create("f");
  const auto text = text_of(kUnit);
  for (std::uint64_t i = 0; i < 16; ++i) {
    rig.write(id, i * kUnit, text);
  }
  const auto refused = rig.try_write(id, 16 * kUnit, "x");
  REQUIRE(code_of(refused) == Errc::no_space);
  CHECK(refused.error().message.find("16 extents") != std::string::npos);
  CHECK(rig.free_bytes() == 14 * kUnit);
  rig.commit(id);
  rig.reopen();
  std::string all;
  for (int i = 0; i < 16; ++i) {
    all += text;
  }
  CHECK(rig.faults.all.empty());
  CHECK(rig.read(rig.lookup("f")) == all);
}

TEST_CASE("growth that would fail half way leaves the extent as it was") {
  Rig rig(128 * MiB); // 59 units: one free behind the file, then a wall, then single units
  const NodeId id = rig.create("f");
  rig.resize(id, kUnit);
  std::vector<std::string> names;
  for (int i = 0; i < 58; ++i) {
    names.push_back(fmt::format("filler-{}", i));
    rig.resize(rig.create(names.back()), kUnit);
  }
  for (int i = 0; i < 58; i += 2) {
    REQUIRE(rig.volume->remove(tree::kRoot, names[static_cast<std::size_t>(i)]));
  }
  const auto free = rig.free_bytes();
  REQUIRE(free == 29 * kUnit);
  CHECK(code_of(rig.volume->change(id, {.size = 20 * kUnit})) == Errc::no_space);
  CHECK(rig.free_bytes() == free);
  CHECK(rig.attributes(id).allocated == kUnit);
  rig.resize(id, 17 * kUnit); // 2 in place and 15 more: all 16 extents
  CHECK(rig.volume->map(id, false)->map.extents.size() == 16);
}

TEST_CASE("laid out at once: contiguous, in strips, raw; and only once") {
  Rig rig;
  const NodeId id = rig.create("f");
  const alloc::Stripes stripes{.strips = 3, .buckets = 4, .chunk = kUnit};

  SECTION("contiguous, grows like any other") {
    REQUIRE(rig.volume->lay_out(id, {.size = 3 * MiB}));
    rig.write(id, 5 * MiB, "more");
    CHECK(rig.read(id) == zeros(5 * MiB) + "more");
  }
  SECTION("in strips: written, committed, read back") {
    REQUIRE(rig.volume->lay_out(id, {.size = 9 * MiB, .stripes = stripes}));
    const auto text = text_of(9 * MiB);
    rig.write(id, 0, text);
    CHECK(rig.volume->map(id, false)->map.kind == format::MapKind::interleaved);
    rig.commit(id);
    rig.crash_and_reopen();
    const auto view = *rig.volume->map(rig.lookup("f"), false);
    CHECK(view.map.kind == format::MapKind::interleaved);
    CHECK(view.map.extents.size() == 3);
    CHECK(rig.read(rig.lookup("f")) == text);
  }
  SECTION("in strips: no larger than they are") {
    REQUIRE(rig.volume->lay_out(id, {.size = 9 * MiB, .stripes = stripes}));
    CHECK(code_of(rig.try_write(id, 100 * MiB, "x")) == Errc::too_big);
    CHECK(rig.attributes(id).size == 9 * MiB);
  }
  SECTION("in strips, then emptied: an empty file has none") {
    REQUIRE(rig.volume->lay_out(id, {.size = 9 * MiB, .stripes = stripes}));
    rig.resize(id, 0);
    CHECK(rig.volume->commit_all([](auto&, auto&) {}) == 1);
    CHECK(rig.free_bytes() == kUnits * kUnit);
    rig.reopen();
    CHECK(rig.faults.all.empty());
    CHECK(rig.attributes(rig.lookup("f")).size == 0);
  }
  SECTION("raw: its size is fixed") {
    REQUIRE(rig.volume->lay_out(id, {.size = 3 * MiB, .raw = true}));
    CHECK(code_of(rig.volume->change(id, {.size = 5})) == Errc::not_permitted);
    CHECK(code_of(rig.try_write(id, 3 * MiB, "x")) == Errc::not_permitted);
    CHECK(rig.try_write(id, 3 * MiB - 1, "xx") == 1u);
    CHECK(code_of(rig.volume->reserve(id, 0, 5 * MiB, false)) == Errc::not_permitted);
    CHECK(rig.attributes(id).size == 3 * MiB);
  }
  SECTION("sizes and stripes that cannot be") {
    CHECK(code_of(rig.volume->lay_out(id, {.size = 0})) == Errc::invalid);
    CHECK(code_of(rig.volume->lay_out(id, {.size = UINT64_MAX})) == Errc::too_big);
    CHECK(code_of(rig.volume->lay_out(id, {.size = GiB})) == Errc::no_space);
    CHECK(code_of(rig.volume->lay_out(
              id, {.size = 9 * MiB, .stripes = alloc::Stripes{.strips = 17, .buckets = 20}})) ==
          Errc::usage);
    CHECK(rig.free_bytes() == kUnits * kUnit);
    return;
  }
  if (rig.volume->attributes(id)) {
    CHECK(code_of(rig.volume->lay_out(id, {.size = MiB})) == Errc::not_permitted);
  }
}

TEST_CASE("the file at a device offset is found, pending or committed") {
  Rig rig;
  const NodeId d = rig.directory("d");
  const NodeId committed = rig.create("c", d);
  rig.write(committed, 0, "c");
  rig.commit(committed);
  const NodeId pending = rig.create("p");
  rig.write(pending, 0, "p");
  CHECK(rig.volume->file_in({rig.volume->map(committed, false)->map.extents[0].offset, 1}) ==
        "d/c");
  CHECK(rig.volume->file_in({rig.volume->map(pending, false)->map.extents[0].offset + 100, 1}) ==
        "p");
  CHECK(rig.volume->file_in({0, 1}) == std::nullopt);
  CHECK(rig.volume->file_in({50 * MiB, 1}) == std::nullopt);
  CHECK(rig.volume->file_in({UINT64_MAX, 1}) == std::nullopt);
}
