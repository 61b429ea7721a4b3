#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

namespace {

// Fails after `good` bytes; what it wrote of a failing piece stays.
class FailingSource : public volume::WriteSource {
public:
  explicit FailingSource(std::uint64_t good) : good_(good) {}
  Result<void> copy(media::Memory& memory, std::uint64_t offset, std::uint64_t length) override {
    const std::string text(std::min(good_, length), 'x');
    good_ -= text.size();
    if (auto stored = memory.store(offset, std::as_bytes(std::span(text))); !stored) {
      return stored;
    }
    return text.size() == length ? Result<void>() : fail(Errc::interrupted, "source: interrupted");
  }

private:
  std::uint64_t good_;
};

} // namespace

TEST_CASE("a file is written, read, committed, and there after a reopen") {
  Rig rig;
  const auto text = text_of(5 * MiB + 123);
  const NodeId id = rig.create("f");
  rig.write(id, 0, text);
  CHECK(rig.attributes(id).pending);
  CHECK(rig.read(id) == text);
  rig.commit(id);
  CHECK(rig.read(id) == text);
  rig.reopen();
  CHECK(rig.faults.all.empty());
  const NodeId again = rig.lookup("f");
  CHECK(rig.read(again) == text);
  const auto attributes = rig.attributes(again);
  CHECK(attributes.uid == 1);
  CHECK(attributes.gid == 2);
  CHECK(attributes.mode == 0644);
  CHECK(attributes.size == text.size());
  CHECK(attributes.allocated == 3 * kUnit);
}

TEST_CASE("what a write returned for is durable, once its file is committed") {
  Rig rig;
  const auto text = text_of(2 * MiB + 5);
  const NodeId id = rig.create("f");
  for (std::size_t at = 0; at < text.size(); at += 100'000) {
    rig.write(id, at, std::string_view(text).substr(at, 100'000));
  }
  rig.commit(id);
  rig.crash_and_reopen();
  CHECK(rig.read(rig.lookup("f")) == text);
}

TEST_CASE("a crash before commit leaves nothing but free space") {
  Rig rig;
  const auto free = rig.free_bytes();
  rig.write(rig.create("f"), 0, text_of(3 * MiB));
  CHECK(rig.free_bytes() < free);
  rig.crash_and_reopen();
  CHECK(rig.names().empty());
  CHECK(rig.free_bytes() == free);
}

TEST_CASE("bytes of a committed file can be written in place, within its size") {
  Rig rig;
  const NodeId id = rig.committed("f", text_of(1000));
  rig.write(id, 10, "hello");
  CHECK(rig.read(id).substr(10, 5) == "hello");

  SECTION("cut at the size") {
    CHECK(rig.try_write(id, 998, "abcdef") == 2u);
    CHECK(rig.read(id).size() == 1000);
    CHECK(rig.read(id).substr(998) == "ab");
  }
  SECTION("past it: not permitted, with words that help") {
    for (const std::uint64_t offset : {std::uint64_t{1000}, std::uint64_t{5000}, UINT64_MAX}) {
      const auto refused = rig.try_write(id, offset, "x");
      REQUIRE(code_of(refused) == Errc::not_permitted);
      CHECK(refused.error().message.find("size") != std::string::npos);
    }
    CHECK(rig.try_write(id, 5000, "") == 0u);
  }
  SECTION("durable when it returns, and the log is left alone") {
    rig.memory.forget_events();
    rig.write(id, 100, "durable");
    for (const Event& event : rig.memory.events()) {
      CHECK((event.op == Op::fence || event.offset >= 10 * MiB));
    }
    rig.crash_and_reopen();
    CHECK(rig.read(rig.lookup("f")).substr(100, 7) == "durable");
  }
  SECTION("by a client too") {
    rig.reopen(Role::client);
    rig.write(rig.lookup("f"), 0, "client");
    CHECK(rig.read(rig.lookup("f")).starts_with("client"));
  }
}

TEST_CASE("a read ends at the end of the file") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "0123456789");
  std::string to(4, '?');
  const auto bytes = std::as_writable_bytes(std::span(to));
  CHECK(rig.volume->read(id, 8, bytes) == 2u);
  CHECK(to == "89??");
  CHECK(rig.volume->read(id, 10, bytes) == 0u);
  CHECK(rig.volume->read(id, UINT64_MAX, bytes) == 0u);
  rig.commit(id);
  CHECK(rig.volume->read(id, 8, bytes) == 2u);
  CHECK(rig.volume->read(id, UINT64_MAX, bytes) == 0u);
}

TEST_CASE("offsets that would wrap are too big, and change nothing") {
  Rig rig;
  const NodeId id = rig.create("f");
  const auto free = rig.free_bytes();
  CHECK(code_of(rig.try_write(id, UINT64_MAX - 1, "abc")) == Errc::too_big);
  CHECK(code_of(rig.try_write(id, INT64_MAX, "abc")) == Errc::too_big);
  CHECK(code_of(rig.volume->reserve(id, UINT64_MAX, UINT64_MAX, false)) == Errc::too_big);
  CHECK(code_of(rig.volume->change(id, {.size = UINT64_MAX})) == Errc::too_big);
  CHECK(code_of(rig.try_write(id, std::uint64_t{1} << 50, "abc")) == Errc::no_space);
  CHECK(rig.free_bytes() == free);
  CHECK(rig.attributes(id).size == 0);
}

TEST_CASE("a bad page is an I/O error for that file and for no other") {
  Rig rig;
  const NodeId bad = rig.committed("bad", text_of(1000));
  const NodeId good = rig.committed("good", text_of(1000));
  rig.memory.fail_at(rig.volume->map(bad, false)->map.extents[0].offset, 64);
  std::string to(1000, '?');
  const auto bytes = std::as_writable_bytes(std::span(to));
  CHECK(code_of(rig.volume->read(bad, 0, bytes)) == Errc::io);
  CHECK(code_of(rig.try_write(bad, 0, "x")) == Errc::io);
  CHECK(rig.volume->read(bad, 100, bytes.first(100)) == 100u);
  CHECK(rig.volume->read(good, 0, bytes) == 1000u);
}

TEST_CASE("a write whose source fails shows none of what was on the device before") {
  Rig rig;
  const NodeId id = rig.create("f");
  rig.write(id, 0, "begin");
  SECTION("in its first piece: nothing was written") {
    FailingSource source(3000);
    CHECK(code_of(rig.volume->write(id, 10'000, 8000, source)) == Errc::interrupted);
    CHECK(rig.read(id) == "begin");
    rig.resize(id, 20'000);
    CHECK(rig.read(id) == "begin" + zeros(20'000 - 5));
  }
  SECTION("in a later piece: the pieces before it count") {
    // A neighbour behind the first unit makes the file's second piece lie elsewhere.
    (void)rig.committed("neighbour", "n");
    FailingSource source(kUnit + 77);
    const auto written = rig.volume->write(id, 0, 2 * kUnit, source);
    REQUIRE(written == kUnit);
    CHECK(rig.read(id) == std::string(kUnit, 'x'));
    rig.resize(id, 2 * kUnit);
    CHECK(rig.read(id) == std::string(kUnit, 'x') + zeros(kUnit));
  }
}

TEST_CASE("segments are where the bytes are, cut to the size") {
  Rig rig;
  const auto text = text_of(3 * MiB);
  for (const bool commit : {false, true}) {
    const NodeId id = rig.create(commit ? "a" : "b");
    rig.write(id, 0, text);
    if (commit) {
      rig.commit(id);
    }
    std::string seen;
    const auto count = rig.volume->segments(id, MiB, 100 * MiB, [&](const format::Segment& s) {
      CHECK(s.file_offset == MiB + seen.size());
      seen.append(reinterpret_cast<const char*>(rig.memory.raw().data()) + s.offset, s.length);
      return true;
    });
    CHECK(count == 2 * MiB);
    CHECK(seen == text.substr(MiB));
    CHECK(rig.volume->segments(id, UINT64_MAX, 1, [](auto&) { return false; }) == 0u);
  }
}
