#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("a pending file takes any mode, owner and time that can be recorded") {
  Rig rig;
  const NodeId id = rig.create("f");
  const auto changed = rig.volume->change(id, {.mode = 0600,
                                               .uid = 7,
                                               .gid = 8,
                                               .size = 5,
                                               .modified = timespec{.tv_sec = 99, .tv_nsec = 1}});
  REQUIRE(changed);
  CHECK(changed->mode == 0600);
  CHECK(changed->uid == 7);
  CHECK(changed->gid == 8);
  CHECK(changed->size == 5);
  CHECK(changed->modified.tv_sec == 99);
  CHECK(code_of(rig.volume->change(id, {.mode = 04755, .uid = 9})) == Errc::not_permitted);
  CHECK(rig.attributes(id).uid == 7);
  rig.commit(id);
  CHECK(rig.attributes(id).modified.tv_sec == 99);
  rig.reopen();
  const auto attributes = rig.attributes(rig.lookup("f"));
  CHECK(attributes.mode == 0600);
  CHECK(attributes.uid == 7);
  CHECK(attributes.gid == 8);
}

TEST_CASE("what a pending file was given is seen by lookup and list at once") {
  Rig rig;
  const NodeId id = rig.create("f");
  REQUIRE(rig.volume->change(id, {.mode = 0600, .uid = 7, .size = 1234}));
  const auto check = [](const volume::Attributes& attributes) {
    CHECK(attributes.mode == 0600);
    CHECK(attributes.uid == 7);
    CHECK(attributes.size == 1234);
  };
  check(*rig.volume->lookup(tree::kRoot, "f"));
  REQUIRE(rig.volume->list(tree::kRoot, 0, [&](auto&, const volume::Attributes& attributes) {
    check(attributes);
    return true;
  }));
}

TEST_CASE("a committed file or directory takes only what changes nothing, and times") {
  Rig rig;
  for (const NodeId id : {rig.committed("f", "12345"), rig.directory("d")}) {
    const auto now = rig.attributes(id);
    CAPTURE(now.size);
    CHECK(rig.volume->change(id, {.mode = now.mode, .uid = now.uid, .gid = now.gid}));
    for (const volume::Change& change : {volume::Change{.mode = 0600}, volume::Change{.uid = 9},
                                         volume::Change{.gid = 9}, volume::Change{.mode = 04644}}) {
      const auto refused = rig.volume->change(id, change);
      REQUIRE(code_of(refused) == Errc::not_permitted);
      CHECK(refused.error().message.find(now.kind == tree::Kind::file ? "f: " : "d: ") == 0);
    }
    const auto timed = rig.volume->change(id, {.modified = timespec{.tv_sec = 42, .tv_nsec = 0}});
    REQUIRE(timed);
    CHECK(timed->modified.tv_sec == 42);
  }
  const NodeId file = rig.lookup("f");
  CHECK(rig.volume->change(file, {.size = 5}));
  CHECK(code_of(rig.volume->change(file, {.size = 4})) == Errc::not_permitted);
  CHECK(code_of(rig.volume->change(file, {.size = 6})) == Errc::not_permitted);
  CHECK(code_of(rig.volume->change(file, {.size = 0})) == Errc::not_permitted);
}

TEST_CASE("fallocate on a committed file is a no-op within its size") {
  Rig rig;
  const NodeId id = rig.committed("f", "12345");
  CHECK(rig.volume->reserve(id, 0, 5, false));
  CHECK(code_of(rig.volume->reserve(id, 0, 6, false)) == Errc::not_permitted);
  CHECK(code_of(rig.volume->reserve(id, 0, 6, true)) == Errc::not_permitted);
}

TEST_CASE("modification times follow writes, and directories their entries") {
  Rig rig;
  const auto back = [&](NodeId id) {
    REQUIRE(rig.volume->change(id, {.modified = timespec{.tv_sec = 1, .tv_nsec = 0}}));
  };
  const auto touched = [&](NodeId id) { return rig.attributes(id).modified.tv_sec > 1; };
  const NodeId d = rig.directory("d");
  back(d);
  const NodeId id = rig.create("f", d);
  CHECK(touched(d));
  back(id);
  rig.write(id, 0, "x");
  CHECK(touched(id));
  back(id);
  rig.resize(id, 100);
  CHECK(touched(id));
  back(id);
  rig.commit(id);
  CHECK_FALSE(touched(id));
  rig.write(id, 0, "y");
  CHECK(touched(id));
}
