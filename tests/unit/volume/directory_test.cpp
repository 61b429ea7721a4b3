// Directories are pending as files are: until they are committed, or something in them is.
#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

namespace {

NodeId pending_directory(Rig& rig, std::string_view name, NodeId parent = tree::kRoot) {
  const auto made = rig.volume->make_directory(parent, name, {.uid = 1, .gid = 2}, 0700);
  REQUIRE(made);
  REQUIRE(made->pending);
  return made->id;
}

} // namespace

TEST_CASE("a pending directory takes a mode and an owner, and is lost in a crash") {
  Rig rig;
  const NodeId d = pending_directory(rig, "d");
  CHECK(rig.volume->usage().log_entries == 0);
  CHECK(rig.volume->usage().pending_directories == 1);
  const auto changed = rig.volume->change(d, {.mode = 0775, .uid = 5, .gid = 6});
  REQUIRE(changed);
  CHECK(changed->mode == 0775);
  CHECK(changed->pending);
  CHECK(code_of(rig.volume->change(d, {.mode = 01777})) == Errc::not_permitted);
  SECTION("committed") {
    REQUIRE(rig.volume->commit(d, Volume::Why::closed));
    CHECK(rig.volume->usage().pending_directories == 0);
    CHECK(code_of(rig.volume->change(d, {.mode = 0700})) == Errc::not_permitted);
    CHECK(rig.volume->commit(d, Volume::Why::closed)); // once is enough
    rig.crash_and_reopen();
    const auto now = rig.attributes(rig.lookup("d"));
    CHECK(now.mode == 0775);
    CHECK(now.uid == 5);
    CHECK(now.gid == 6);
    CHECK_FALSE(now.pending);
    CHECK(rig.volume->usage().log_entries == 1);
  }
  SECTION("not committed") {
    rig.crash_and_reopen();
    CHECK(rig.names().empty());
  }
}

TEST_CASE("what is committed in pending directories commits them first, from the top") {
  Rig rig;
  const NodeId a = pending_directory(rig, "a");
  const NodeId b = pending_directory(rig, "b", a);
  (void)pending_directory(rig, "other", a);
  REQUIRE(rig.volume->change(a, {.mode = 0711}));
  SECTION("a file") {
    const NodeId f = rig.create("f", b);
    rig.write(f, 0, "content");
    rig.commit(f);
    CHECK(rig.volume->usage().log_entries == 3);
    rig.crash_and_reopen();
    CHECK(rig.read(rig.lookup("f", rig.lookup("b", rig.lookup("a")))) == "content");
  }
  SECTION("a directory") {
    const NodeId c = pending_directory(rig, "c", b);
    REQUIRE(rig.volume->commit(c, Volume::Why::closed));
    rig.crash_and_reopen();
    (void)rig.lookup("c", rig.lookup("b", rig.lookup("a")));
  }
  SECTION("all, at the unmount") {
    (void)rig.create("empty", b);
    CHECK(rig.volume->commit_all([](auto&, auto& error) { FAIL_CHECK(error.message); }) == 4);
    rig.crash_and_reopen();
    CHECK(rig.names(rig.lookup("a")).size() == 2);
  }
  CHECK(rig.faults.all.empty());
  CHECK(rig.attributes(rig.lookup("a")).mode == 0711);
}

TEST_CASE("whatever a crash in the commit of a tree leaves, parents are there") {
  for (std::size_t stop = 0;; ++stop) {
    Rig rig;
    const NodeId a = pending_directory(rig, "a");
    const NodeId f = rig.create("f", pending_directory(rig, "b", a));
    rig.write(f, 0, "content");
    std::size_t count = 0;
    std::vector<std::byte> at_stop;
    rig.memory.set_hook([&](const Event&) {
      if (count++ == stop) {
        at_stop.assign(rig.memory.raw().begin(), rig.memory.raw().end());
      }
    });
    rig.commit(f);
    rig.memory.set_hook({});
    if (at_stop.empty()) {
      CHECK(stop > 6); // three entries, each with its counters
      break;
    }
    std::ranges::copy(at_stop, rig.memory.raw().begin());
    rig.memory.settle();
    rig.reopen();
    CHECK(rig.faults.all.empty());
    if (rig.volume->usage().log_entries == 3) {
      CHECK(rig.read(rig.lookup("f", rig.lookup("b", rig.lookup("a")))) == "content");
    }
  }
}

TEST_CASE("a pending directory goes when it is empty, and is not renamed") {
  Rig rig;
  const NodeId d = pending_directory(rig, "d");
  (void)rig.create("f", d);
  CHECK(code_of(rig.volume->remove(tree::kRoot, "d")) == Errc::not_empty);
  CHECK(code_of(rig.volume->rename(tree::kRoot, "d", tree::kRoot, "e", true)) ==
        Errc::not_permitted);
  REQUIRE(rig.volume->remove(d, "f"));
  REQUIRE(rig.volume->remove(tree::kRoot, "d"));
  CHECK(code_of(rig.volume->attributes(d)) == Errc::stale);
  CHECK(code_of(rig.volume->commit(d, Volume::Why::closed)) == Errc::stale);
  CHECK(rig.volume->usage().pending_directories == 0);
  CHECK(rig.volume->usage().directories == 0);
  CHECK(rig.volume->commit_all([](auto&, auto&) { FAIL_CHECK("nothing is there"); }) == 0);
}

TEST_CASE("the log keeps room for pending directories") {
  Rig rig;
  const auto capacity = rig.volume->usage().log_capacity;
  for (std::uint64_t i = 0; i < capacity; ++i) {
    (void)pending_directory(rig, fmt::format("{}", i));
  }
  CHECK(code_of(rig.volume->create(tree::kRoot, "x", {}, 0644)) == Errc::log_full);
  REQUIRE(rig.volume->remove(tree::kRoot, "0"));
  const NodeId f = rig.create("f", rig.lookup("1"));
  CHECK(code_of(rig.volume->make_directory(tree::kRoot, "x", {}, 0755)) == Errc::log_full);
  rig.write(f, 0, "x");
  rig.commit(f);
  CHECK(rig.volume->commit_all([](auto&, auto& error) { FAIL_CHECK(error.message); }) ==
        capacity - 2);
  CHECK(rig.volume->usage().log_entries == capacity);
}

TEST_CASE("trim gives back what a pending file reserved past its size") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  REQUIRE(rig.volume->reserve(id, 0, 4 * kUnit, true));
  rig.write(id, 0, "x");
  REQUIRE(rig.volume->trim(id));
  CHECK(rig.free_bytes() == free - kUnit);
  CHECK(rig.attributes(id).pending);
  rig.write(id, 2 * kUnit, "y"); // and it may go on
  CHECK(rig.read(id) == "x" + zeros(2 * kUnit - 1) + "y");
}
