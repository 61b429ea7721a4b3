#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("a commit stores one entry; a second commit stores none") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "x");
  CHECK(rig.volume->commit(id, Volume::Why::closed));
  CHECK(rig.volume->usage().log_entries == 1);
  rig.memory.forget_events();
  CHECK(rig.volume->commit(id, Volume::Why::closed));
  CHECK(rig.volume->commit(id, Volume::Why::by_request));
  CHECK(rig.volume->close(id));
  CHECK(rig.volume->sync(id));
  CHECK(rig.memory.events().empty());
  CHECK(rig.volume->usage().log_entries == 1);
}

TEST_CASE("fsync commits, and close commits") {
  Rig rig;
  const NodeId a = rig.create("a");
  rig.write(a, 0, "x");
  REQUIRE(rig.volume->sync(a));
  CHECK_FALSE(rig.attributes(a).pending);
  const NodeId b = rig.create("b");
  rig.write(b, 0, "x");
  REQUIRE(rig.volume->close(b));
  CHECK_FALSE(rig.attributes(b).pending);
}

TEST_CASE("an empty file stays pending until the unmount records it") {
  Rig rig;
  const NodeId id = rig.create("empty");
  CHECK(rig.volume->close(id));
  CHECK(rig.volume->sync(id));
  CHECK(rig.attributes(id).pending);
  const NodeId reserved = rig.create("reserved");
  REQUIRE(rig.volume->reserve(reserved, 0, MiB, true));
  CHECK(rig.volume->close(reserved));
  rig.write(rig.create("data"), 0, "x");
  CHECK(rig.volume->commit_all([](auto& path, auto&) { FAIL_CHECK(path); }) == 3);
  CHECK(rig.volume->usage().pending_files == 0);
  rig.crash_and_reopen();
  CHECK(rig.faults.all.empty());
  CHECK(rig.attributes(rig.lookup("empty")).size == 0);
  CHECK(rig.attributes(rig.lookup("empty")).allocated == 0);
  CHECK(rig.attributes(rig.lookup("reserved")).allocated == 0);
  CHECK(rig.read(rig.lookup("empty")).empty());
  CHECK(rig.read(rig.lookup("data")) == "x");
  CHECK(rig.free_bytes() == 26 * kUnit);
  CHECK(code_of(rig.try_write(rig.lookup("empty"), 0, "x")) == Errc::not_permitted);
}

TEST_CASE("files that ask for it are committed on request alone, and not by the unmount") {
  const bool raw = GENERATE(false, true);
  Rig rig;
  const NodeId asked = rig.create("asked");
  REQUIRE(rig.volume->lay_out(asked, {.size = MiB, .raw = raw, .on_request = !raw}));
  const NodeId dropped = rig.create("dropped");
  REQUIRE(rig.volume->lay_out(dropped, {.size = MiB, .raw = raw, .on_request = !raw}));
  rig.commit(asked);
  CHECK(rig.volume->commit_all([](auto&, auto&) {}) == 0);
  rig.reopen();
  CHECK(rig.names() == std::vector<std::string>{"asked"});
}

TEST_CASE("a commit that fails leaves the file pending, and can be tried again") {
  Rig rig;
  const NodeId id = rig.create("f");
  const auto text = text_of(5 * MiB);
  rig.write(id, 0, text);
  const auto free = rig.free_bytes();
  rig.memory.fail_at(format::entry_offset(0), 1);
  CHECK(code_of(rig.volume->commit(id, Volume::Why::closed)) == Errc::io);
  CHECK(rig.attributes(id).pending);
  CHECK(rig.free_bytes() == free);
  std::vector<std::string> failed;
  CHECK(rig.volume->commit_all([&](auto& path, auto& error) {
    CHECK(error.code == Errc::io);
    failed.push_back(path);
  }) == 0);
  CHECK(failed == std::vector<std::string>{"f"});
  rig.memory.heal();
  rig.write(id, 0, "again");
  rig.commit(id);
  rig.reopen();
  CHECK(rig.read(rig.lookup("f")) == "again" + text.substr(5));
}

TEST_CASE("a commit whose counters cannot be written back is an error, and the file is committed") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "x");
  const std::uint64_t counters = format::kLogOffset + format::kNextSeqnumOffset;
  rig.memory.set_hook([&](const Event& event) {
    if (event.op == Op::write_back && event.offset == counters) {
      rig.memory.fail_at(counters, 1);
    }
  });
  CHECK(code_of(rig.volume->commit(id, Volume::Why::closed)) == Errc::io);
  rig.memory.set_hook({});
  rig.memory.heal();
  CHECK_FALSE(rig.attributes(id).pending);
  CHECK(code_of(rig.volume->remove(tree::kRoot, "f")) == Errc::not_permitted);
  rig.reopen();
  CHECK(rig.read(rig.lookup("f")) == "x");
}

TEST_CASE("a full log: nothing is made, and what was promised to pending files is kept") {
  Rig rig;
  const auto capacity = rig.volume->usage().log_capacity;
  const NodeId d = rig.directory("d");
  const NodeId pending = rig.create("pending");
  rig.write(pending, 0, "x");
  for (std::uint64_t i = 2; i < capacity; ++i) {
    (void)rig.directory(fmt::format("{}", i), d);
  }
  // One slot is left, and it is promised.
  CHECK(rig.volume->usage().log_entries == capacity - 1);
  const auto refused = rig.volume->create(tree::kRoot, "one-too-many", {}, 0644);
  REQUIRE(code_of(refused) == Errc::log_full);
  CHECK(refused.error().message.find(fmt::format("{}", capacity)) != std::string::npos);
  CHECK(code_of(rig.volume->make_directory(tree::kRoot, "x", {}, 0755)) == Errc::log_full);
  SECTION("the pending file takes it") {
    rig.commit(pending);
  }
  SECTION("the pending file gives it up") {
    REQUIRE(rig.volume->remove(tree::kRoot, "pending"));
    const NodeId other = rig.create("other");
    CHECK(code_of(rig.volume->create(tree::kRoot, "x", {}, 0644)) == Errc::log_full);
    rig.write(other, 0, "y");
    rig.commit(other);
  }
  CHECK(code_of(rig.volume->create(tree::kRoot, "x", {}, 0644)) == Errc::log_full);
  CHECK(rig.names().size() == 2);
  rig.reopen();
  CHECK(rig.faults.all.empty());
  CHECK(rig.volume->usage().log_entries == capacity);
  CHECK(rig.names().size() == 2);
}

TEST_CASE("a master whose log is damaged reads on and appends nothing") {
  Rig rig;
  (void)rig.committed("a", "x");
  (void)rig.committed("b", "x");
  (void)rig.committed("c", "x");
  rig.memory.raw()[format::entry_offset(1) + 50] ^= std::byte{1};
  rig.reopen();
  REQUIRE(rig.faults.all.size() == 1);
  CHECK(rig.faults.all[0].kind == format::FaultKind::entry_crc);
  CHECK(rig.names() == std::vector<std::string>{"a"});
  CHECK(code_of(rig.volume->create(tree::kRoot, "x", {}, 0644)) == Errc::corrupt);
  CHECK(code_of(rig.volume->make_directory(tree::kRoot, "x", {}, 0755)) == Errc::corrupt);
  rig.write(rig.lookup("a"), 0, "y");
  CHECK(rig.memory.events().front().offset >= 10 * MiB);
}

TEST_CASE("a clone shares its source's bytes, costs no space, and the next replay refuses it") {
  Rig rig;
  const NodeId source = rig.committed("source", "bytes");
  const std::uint64_t free = rig.free_bytes();
  const NodeId id = rig.create("clone");
  REQUIRE(rig.volume->clone(id, source));
  CHECK_FALSE(rig.attributes(id).pending);
  CHECK(rig.read(id) == "bytes");
  CHECK(rig.free_bytes() == free);
  CHECK(rig.volume->close(id));
  CHECK(rig.volume->sync(id));
  CHECK(rig.free_bytes() == free);
  rig.crash_and_reopen();
  REQUIRE(rig.faults.all.size() == 1);
  CHECK(rig.faults.all[0].kind == format::FaultKind::extent_overlap);
  CHECK(code_of(rig.volume->lookup(tree::kRoot, "clone")) == Errc::not_found);
  CHECK(rig.read(rig.lookup("source")) == "bytes");
  CHECK(rig.free_bytes() == free);
}

TEST_CASE("a clone that cannot be is refused, and its source keeps its space") {
  Rig rig;
  const NodeId source = rig.committed("source", "bytes");
  const std::uint64_t free = rig.free_bytes();
  const NodeId pending = rig.create("pending");
  const NodeId id = rig.create("clone");
  CHECK(code_of(rig.volume->clone(id, pending)) == Errc::invalid);
  CHECK(code_of(rig.volume->clone(id, id)) == Errc::invalid);
  CHECK(code_of(rig.volume->clone(id, tree::kRoot)) == Errc::is_directory);
  CHECK(code_of(rig.volume->clone(source, source)) == Errc::not_permitted);
  rig.memory.fail_at(format::entry_offset(1), 1);
  CHECK(code_of(rig.volume->clone(id, source)) == Errc::io);
  rig.memory.heal();
  CHECK(rig.attributes(id).size == 0);
  REQUIRE(rig.volume->remove(tree::kRoot, "clone"));
  CHECK(rig.free_bytes() == free);
}
