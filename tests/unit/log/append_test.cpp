#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("an append is entry, write-back, fence, counters, write-back, fence, and nothing else") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  log::Writer writer(memory, kGeometry, 0);
  for (std::uint64_t index = 0; index < 9; ++index) {
    CAPTURE(index);
    memory.forget_events();
    REQUIRE(writer.append(directory(index)) == index);
    const std::uint64_t at = format::entry_offset(index);
    CHECK(memory.events() == std::vector<Event>{
                                 {Op::store, at, format::kEntrySize},
                                 {Op::write_back, at, format::kEntrySize},
                                 {Op::fence},
                                 {Op::store_u64, kSeqnumAt, 8, index + 1},
                                 {Op::store_u64, kIndexAt, 8, index + 1},
                                 {Op::write_back, kSeqnumAt, 16},
                                 {Op::fence},
                             });
    CHECK(memory.lines_written_back() <= 11);
  }
}

TEST_CASE("the writer counts the lines that it writes back") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  memory.forget_events();
  log::Writer writer(memory, kGeometry, 0);
  for (std::uint64_t i = 0; i < 64; ++i) {
    REQUIRE(writer.append(directory(i)));
  }
  CHECK(writer.lines_written_back() == memory.lines_written_back());
}

TEST_CASE("a full log takes no more and says how many it holds") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  log::Writer writer(memory, kGeometry, 0);
  const std::uint64_t capacity = writer.capacity();
  CHECK(capacity == 15420);
  for (std::uint64_t i = 0; i < capacity; ++i) {
    REQUIRE(writer.append(directory(i)));
  }
  const auto full = writer.append(directory(capacity));
  REQUIRE_FALSE(full);
  CHECK(full.error().code == Errc::log_full);
  CHECK(full.error().message.find("15420") != std::string::npos);
  const Seen seen = replay(memory);
  REQUIRE(seen.replayed);
  CHECK(seen.replayed->applied == capacity);
  CHECK(seen.faults.empty());
}

TEST_CASE(
    "an append that fails before the commit point committed nothing, and its slot is used again") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  log::Writer writer(memory, kGeometry, 0);
  REQUIRE(writer.append(directory(0)));
  memory.fail_at(format::entry_offset(1) + 300, 1);
  const auto failed = writer.append(directory(1));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Errc::io);
  CHECK(writer.used() == 1);
  CHECK(replay(memory).paths == std::vector{seen_as(0)});
  memory.heal();
  CHECK(writer.append(directory(1)) == 1u);
  CHECK(replay(memory).paths == std::vector{seen_as(0), seen_as(1)});
}

TEST_CASE(
    "an append that fails after the commit point counts, because everybody can see the entry") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  log::Writer writer(memory, kGeometry, 0);
  memory.set_hook([&](const Event& event) {
    if (event.op == Op::write_back && event.offset == kSeqnumAt) {
      memory.fail_at(kSeqnumAt, 1);
    }
  });
  const auto failed = writer.append(directory(0));
  memory.set_hook({});
  memory.heal();
  REQUIRE_FALSE(failed);
  CHECK(writer.used() == 1);
  CHECK(writer.append(directory(1)) == 1u);
  CHECK(replay(memory).paths == std::vector{seen_as(0), seen_as(1)});
}

TEST_CASE("a writer whose log somebody else appended to overwrites nothing") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  log::Writer writer(memory, kGeometry, 0);
  log::Writer other(memory, kGeometry, 0);
  REQUIRE(other.append(directory(0)));
  memory.forget_events();
  const auto refused = writer.append(directory(77));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::corrupt);
  CHECK(memory.events().empty());
}
