// Pins: what was removed lives on for those who have it open; its space is nobody else's until
// then.
#include "support.h"

#include "catch.h"
#include "memory_limit.h"

#include <future>
#include <thread>

using namespace famfs;
using namespace famfs::testing;

namespace {

// Holds the file's mutex in the middle of a write until it is let go.
class SlowSource : public volume::WriteSource {
public:
  Result<void> copy(media::Memory& memory, std::uint64_t offset, std::uint64_t length) override {
    started.set_value();
    go_on.get_future().wait();
    return memory.zero(offset, length);
  }
  std::promise<void> started;
  std::promise<void> go_on;
};

} // namespace

TEST_CASE("a removed file lives until its last pin goes") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  rig.write(id, 0, "content");
  auto first = *rig.volume->pin(id);
  auto second = *rig.volume->pin(id);
  CHECK(rig.volume->pins() == 2);
  REQUIRE(rig.volume->remove(tree::kRoot, "f"));

  CHECK(rig.attributes(id).links == 0);
  CHECK(rig.attributes(id).pending);
  CHECK(rig.read(id) == "content");
  rig.write(id, 7, " and more");
  rig.resize(id, 12);
  CHECK(rig.read(id) == "content and ");
  CHECK(rig.volume->change(id, {.mode = 0600})->mode == 0600);
  CHECK(rig.volume->usage().pending_files == 0);

  SECTION("commit, sync and close of it record nothing") {
    CHECK(rig.volume->commit(id, Volume::Why::by_request));
    CHECK(rig.volume->sync(id));
    CHECK(rig.volume->close(id));
    CHECK(rig.volume->commit_all([](auto&, auto&) { FAIL_CHECK("nothing to commit"); }) == 0);
    CHECK(rig.volume->usage().log_entries == 0);
    CHECK(rig.read(id) == "content and ");
  }
  SECTION("its name can be given again") {
    const NodeId other = rig.create("f");
    rig.write(other, 0, "other");
    CHECK(rig.read(id) == "content and ");
    REQUIRE(rig.volume->remove(tree::kRoot, "f"));
  }
  first.release();
  CHECK(rig.free_bytes() == free - kUnit);
  CHECK(rig.read(id) == "content and ");
  second.release();
  CHECK(rig.free_bytes() == free);
  CHECK(code_of(rig.volume->attributes(id)) == Errc::stale);
  CHECK(code_of(rig.volume->pin(id)) == Errc::stale);
  CHECK(code_of(rig.volume->read(id, 0, {})) == Errc::stale);
}

TEST_CASE("a file that was renamed over lives until its last pin goes") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId old = rig.create("f");
  rig.write(old, 0, "old");
  auto pin = *rig.volume->pin(old);
  (void)rig.create("g");
  REQUIRE(rig.volume->rename(tree::kRoot, "g", tree::kRoot, "f", true));
  CHECK(rig.read(old) == "old");
  CHECK(rig.free_bytes() == free - kUnit);
  pin.release();
  CHECK(rig.free_bytes() == free);
}

TEST_CASE("a rename or a removal that runs out of memory leaves every file as it was") {
  Rig rig;
  const NodeId d = rig.directory("d");
  const NodeId f = rig.create("f");
  const std::string long_name(60, 'n');
  const auto free = rig.free_bytes();
  const NodeId target = rig.create(long_name, d);
  rig.write(target, 0, "target");
  auto pin = *rig.volume->pin(target); // its last pin has to be waited for
  const bool renaming = GENERATE(true, false);
  int refusals = 0;
  const auto change = [&] {
    return renaming ? rig.volume->rename(tree::kRoot, "f", d, long_name, true)
                    : rig.volume->remove(d, long_name);
  };
  for (long allowed = 0;; ++allowed) {
    if (with_allocations(allowed, [&] { return change().has_value(); })) {
      break;
    }
    ++refusals;
    REQUIRE(rig.lookup("f") == f);
    REQUIRE(rig.lookup(long_name, d) == target);
    REQUIRE(rig.attributes(target).links == 1);
    REQUIRE(rig.read(target) == "target");
  }
  CHECK(refusals > 0);
  CHECK(rig.names(d).size() == (renaming ? 1 : 0));
  pin.release();
  CHECK(rig.free_bytes() == free);
}

TEST_CASE("a file that waits for a request, closed without one, is gone after its last pin") {
  const bool raw = GENERATE(false, true);
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  REQUIRE(rig.volume->lay_out(id, {.size = 3 * MiB, .raw = raw, .on_request = !raw}));
  auto pin = *rig.volume->pin(id);
  CHECK(rig.volume->commit(id, Volume::Why::closed));
  CHECK(rig.volume->commit(id, Volume::Why::synced));
  CHECK(rig.volume->sync(id));
  CHECK(rig.attributes(id).pending);
  CHECK(rig.volume->usage().log_entries == 0);
  REQUIRE(rig.volume->close(id));
  CHECK(rig.names().empty());
  CHECK(rig.free_bytes() < free);
  pin.release();
  CHECK(rig.free_bytes() == free);
}

TEST_CASE("space cut off a mapped file at commit stays its own until the last pin goes") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  rig.write(id, 0, text_of(kUnit));
  REQUIRE(rig.volume->reserve(id, 0, 4 * kUnit, true));
  SECTION("mapped") {
    REQUIRE(rig.volume->map(id, true));
  }
  SECTION("its addresses given to a reader") {
    REQUIRE(rig.volume->segments(id, 0, 10, [](auto&) { return true; }));
  }
  auto pin = *rig.volume->pin(id);
  rig.resize(id, 100);
  CHECK(rig.free_bytes() == free - 4 * kUnit);
  rig.commit(id);
  CHECK(rig.attributes(id).allocated == kUnit);
  CHECK(rig.free_bytes() == free - 4 * kUnit);
  pin.release();
  CHECK(rig.free_bytes() == free - kUnit);
}

TEST_CASE("space cut off a file that nobody mapped comes back at once") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  auto pin = *rig.volume->pin(id);
  REQUIRE(rig.volume->reserve(id, 0, 4 * kUnit, true));
  rig.write(id, 0, "x");
  rig.commit(id);
  CHECK(rig.free_bytes() == free - kUnit);
}

TEST_CASE("a removed file that is pinned again while its last pin's callback waits lives on") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  rig.write(id, 0, "content");
  auto last = *rig.volume->pin(id);
  REQUIRE(rig.volume->remove(tree::kRoot, "f"));
  SlowSource source;
  std::thread writer([&] { (void)rig.volume->write(id, 100, 1, source); });
  source.started.get_future().wait();
  std::thread closer([&] { last.release(); }); // the callback waits for the writer
  while (rig.volume->pins() > 0) {
    std::this_thread::yield();
  }
  auto again = *rig.volume->pin(id);
  source.go_on.set_value();
  writer.join();
  closer.join();
  CHECK(rig.read(id).starts_with("content"));
  CHECK(rig.free_bytes() == free - kUnit);
  again.release();
  CHECK(rig.free_bytes() == free);
  CHECK(code_of(rig.volume->attributes(id)) == Errc::stale);
}

TEST_CASE("a file that is removed in the middle of its commit is not committed") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId id = rig.create("f");
  rig.resize(id, MiB);
  auto pin = *rig.volume->pin(id);
  REQUIRE(rig.volume->map(id, true));
  bool removed = false;
  rig.memory.set_hook([&](const Event& event) {
    if (event.op == Op::write_back && !std::exchange(removed, true)) {
      CHECK(rig.volume->remove(tree::kRoot, "f"));
    }
  });
  CHECK(rig.volume->commit(id, Volume::Why::closed));
  rig.memory.set_hook({});
  CHECK(removed);
  CHECK(rig.volume->usage().log_entries == 0);
  CHECK(rig.attributes(id).links == 0);
  pin.release();
  CHECK(rig.free_bytes() == free);
  rig.reopen();
  CHECK(rig.names().empty());
}
