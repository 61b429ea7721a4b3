// Stores through a mapping pass the volume by: they become durable at commit, sync and unmount.
#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

namespace {

std::size_t position_of(const std::vector<Event>& events, const Event& wanted) {
  return static_cast<std::size_t>(std::ranges::find(events, wanted) - events.begin());
}

} // namespace

TEST_CASE("data stored through a map is written back and fenced before the entry is stored") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.resize(id, MiB);
  REQUIRE(rig.volume->map(id, true));
  const auto text = text_of(MiB);
  rig.store_mapped(id, 0, text);
  rig.memory.forget_events();
  rig.commit(id);
  const auto events = rig.memory.events();
  const auto at = rig.volume->map(id, false)->map.extents[0].offset;
  const auto data = position_of(events, {Op::write_back, at, MiB});
  const auto fence = position_of(events, {Op::fence});
  const auto entry = position_of(events, {Op::store, format::entry_offset(0), format::kEntrySize});
  const auto counter =
      position_of(events, {Op::store_u64, format::kLogOffset + format::kNextIndexOffset, 8, 1});
  CHECK(data < fence);
  CHECK(fence < entry);
  CHECK(entry < counter);
  CHECK(counter < events.size());
  rig.crash_and_reopen();
  CHECK(rig.read(rig.lookup("f")) == text);
}

TEST_CASE("a commit of a file that was never mapped writes back its entry alone") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, text_of(8192));
  rig.memory.forget_events();
  rig.commit(id);
  CHECK(rig.memory.lines_written_back() <= 11);
}

TEST_CASE("sync of a committed file writes back what may have been stored through maps") {
  Rig rig;
  const auto text = text_of(kUnit + 1000);
  const NodeId id = rig.committed("f", text_of(kUnit + 1000, 2));
  rig.memory.forget_events();
  REQUIRE(rig.volume->sync(id));
  CHECK(rig.memory.lines_written_back() == 0);

  auto pin = *rig.volume->pin(id);
  REQUIRE(rig.volume->map(id, true));
  rig.store_mapped(id, 0, text);
  SECTION("while it is mapped, as often as it is asked") {
    REQUIRE(rig.volume->sync(id));
    rig.store_mapped(id, 0, "again");
    REQUIRE(rig.volume->sync(id));
    rig.crash_and_reopen();
    CHECK(rig.read(rig.lookup("f")) == "again" + text.substr(5));
  }
  SECTION("once more after the last pin has gone, and then no more") {
    pin.release();
    rig.memory.forget_events();
    REQUIRE(rig.volume->sync(id));
    CHECK(rig.memory.lines_written_back() > 0);
    rig.memory.forget_events();
    REQUIRE(rig.volume->sync(id));
    CHECK(rig.memory.lines_written_back() == 0);
    rig.crash_and_reopen();
    CHECK(rig.read(rig.lookup("f")) == text);
  }
  SECTION("at unmount, if nobody asked") {
    pin.release();
    CHECK(rig.volume->commit_all([](auto&, auto&) {}) == 0);
    rig.crash_and_reopen();
    CHECK(rig.read(rig.lookup("f")) == text);
  }
  SECTION("again, if the write-back failed") {
    pin.release();
    const auto at = rig.volume->map(id, false)->map.extents[0].offset;
    rig.memory.fail_at(at, 1);
    CHECK(code_of(rig.volume->sync(id)) == Errc::io);
    rig.memory.heal();
    REQUIRE(rig.volume->sync(id));
    rig.crash_and_reopen();
    CHECK(rig.read(rig.lookup("f")) == text);
  }
}

TEST_CASE("a map that outlives the commit is synced as a committed file's") {
  Rig rig;
  const NodeId id = rig.create("f");
  auto pin = *rig.volume->pin(id);
  rig.resize(id, 8192);
  REQUIRE(rig.volume->map(id, true));
  rig.commit(id);
  rig.store_mapped(id, 100, "late");
  REQUIRE(rig.volume->sync(id));
  rig.crash_and_reopen();
  CHECK(rig.read(rig.lookup("f")) == zeros(100) + "late" + zeros(8192 - 104));
}

TEST_CASE("what a program stored through its map survives truncate up, writes and reads") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.resize(id, 8192);
  REQUIRE(rig.volume->map(id, true));
  rig.store_mapped(id, 0, "from the map");
  rig.write(id, 4096, "written");
  rig.resize(id, 3 * MiB);
  CHECK(rig.read(id).substr(0, 12) == "from the map");
  // Cut and grown again under the map's eyes: zero once, then the program's.
  rig.resize(id, 4096);
  rig.resize(id, 8192);
  CHECK(rig.read(id).substr(4096) == zeros(4096));
  rig.store_mapped(id, 5000, "later");
  CHECK(rig.read(id).substr(5000, 5) == "later");
  rig.commit(id);
  CHECK(rig.read(id).substr(5000, 5) == "later");
}

TEST_CASE("a pending file's map ends with what its size needs") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "x");
  REQUIRE(rig.volume->reserve(id, 0, 5 * kUnit, true));
  const auto view = *rig.volume->map(id, false);
  CHECK(view.pending);
  CHECK(view.size == 1);
  CHECK(view.map.capacity() == kUnit);
}
