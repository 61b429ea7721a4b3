#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;
using format::FaultKind;

namespace {

constexpr std::uint64_t kMany = 200; // more than three batches

void flip(RecordingMemory& memory, std::uint64_t offset) {
  memory.raw()[offset] ^= std::byte{1};
}

} // namespace

TEST_CASE("what was appended is replayed, in order, and followed from where it ended") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, kMany);
  const Seen first = replay(memory);
  REQUIRE(first.replayed);
  CHECK(first.replayed->position == kMany);
  CHECK(first.replayed->committed == kMany);
  CHECK(first.replayed->applied == kMany);
  REQUIRE(first.paths.size() == kMany);
  for (std::uint64_t i = 0; i < kMany; ++i) {
    CHECK(first.paths[i] == seen_as(i));
  }
  CHECK(replay(memory, kMany).paths.empty());
  append_directories(memory, kMany, 2);
  CHECK(replay(memory, kMany).paths == std::vector{seen_as(kMany), seen_as(kMany + 1)});
}

TEST_CASE("a replay can be bounded") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, kMany);
  const Seen seen = replay(memory, 10, 70);
  REQUIRE(seen.replayed);
  CHECK(seen.replayed->position == 80);
  CHECK(seen.replayed->committed == kMany);
  CHECK(seen.paths.size() == 70);
}

TEST_CASE("replay stops at an entry that is not whole, says which and how many lie behind it") {
  for (const std::uint64_t broken : {0, 1, 63, 64, 100, 199}) {
    CAPTURE(broken);
    RecordingMemory memory(kDeviceSize);
    make_empty_log(memory);
    append_directories(memory, 0, kMany);
    flip(memory, format::entry_offset(broken) + 100);
    const Seen seen = replay(memory);
    REQUIRE(seen.replayed);
    CHECK(seen.replayed->stopped);
    CHECK(seen.replayed->position == broken);
    CHECK(seen.replayed->applied == broken);
    CHECK(seen.paths.size() == broken);
    REQUIRE(seen.faults.size() == 1);
    CHECK(seen.faults[0].kind == FaultKind::entry_crc);
    CHECK(seen.faults[0].entry == broken);
    CHECK(seen.faults[0].offset == format::entry_offset(broken));
    const bool tells = seen.faults[0].what.find(fmt::format("{} committed", kMany - broken - 1)) !=
                       std::string::npos;
    CHECK(tells == (broken + 1 < kMany));
    // Mended (by whoever wrote it), it goes on from there.
    flip(memory, format::entry_offset(broken) + 100);
    CHECK(replay(memory, broken).paths.size() == kMany - broken);
  }
}

TEST_CASE("an entry with another's sequence number is not whole") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 5);
  const auto bytes = format::encode(format::Entry{.seqnum = 7, .body = directory(3)});
  std::memcpy(memory.raw().data() + format::entry_offset(3), bytes.data(), bytes.size());
  const Seen seen = replay(memory);
  REQUIRE(seen.faults.size() == 1);
  CHECK(seen.faults[0].kind == FaultKind::entry_seqnum);
  CHECK(seen.paths.size() == 3);
}

TEST_CASE("an entry that is whole but wrong is skipped and reported") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 3);
  log::Writer writer(memory, kGeometry, 3);
  REQUIRE(writer.append(format::MkdirEntry{.path = format::RelPath("../out"), .mode = 0755}));
  REQUIRE(writer.append(format::OtherEntry{.type = 2}));
  append_directories(memory, 5, 1);
  const Seen seen = replay(memory);
  REQUIRE(seen.replayed);
  CHECK(seen.replayed->refused == 2);
  CHECK(seen.replayed->applied == 4);
  CHECK_FALSE(seen.replayed->stopped);
  REQUIRE(seen.faults.size() == 2);
  CHECK(seen.faults[0].kind == FaultKind::path_component);
  CHECK(seen.faults[1].kind == FaultKind::entry_type);
}

TEST_CASE("what apply refuses is counted and reported") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 3);
  Faults faults;
  const auto replayed =
      log::Reader(memory, kGeometry)
          .replay(
              0,
              [](std::uint64_t index, const format::Entry&) {
                return index == 1 ? std::optional(format::Fault{.kind = FaultKind::path_duplicate,
                                                                .entry = index,
                                                                .what = "twice"})
                                  : std::nullopt;
              },
              faults);
  REQUIRE(replayed);
  CHECK(replayed->applied == 2);
  CHECK(replayed->refused == 1);
  REQUIRE(faults.all.size() == 1);
  CHECK(faults.all[0].what == "twice");
}

TEST_CASE("a poisoned page stops replay at the first entry that it holds, not before") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, kMany);
  memory.fail_at(format::entry_offset(90) + 10, 1);
  const Seen seen = replay(memory);
  REQUIRE(seen.replayed);
  CHECK(seen.replayed->stopped);
  CHECK(seen.replayed->position == 90);
  CHECK(seen.paths.size() == 90);
  REQUIRE(seen.faults.size() == 1);
  CHECK(seen.faults[0].kind == FaultKind::entry_unreadable);
  CHECK(seen.faults[0].entry == 90u);
}

TEST_CASE("a poisoned header is an I/O error, not a fault of the format") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  memory.fail_at(format::kLogOffset, 1);
  const Seen seen = replay(memory);
  REQUIRE_FALSE(seen.replayed);
  CHECK(seen.replayed.error().code == Errc::io);
}

TEST_CASE("header and entries are invalidated before they are first read") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, kMany);
  std::vector<Event> reads;
  memory.set_hook([&](const Event& event) { reads.push_back(event); });
  CHECK(replay(memory).paths.size() == kMany);
  memory.set_hook({});
  std::vector<Event> fresh; // invalidated, and fenced
  bool fenced = false;
  for (const Event& event : reads) {
    if (event.op == Op::invalidate) {
      fresh.push_back(event);
      fenced = false;
    } else if (event.op == Op::fence) {
      fenced = true;
    } else if (event.op == Op::load) {
      CHECK(fenced);
      const auto covers = [&](const Event& dropped) {
        return dropped.offset <= event.offset &&
               event.offset + event.length <= dropped.offset + dropped.length;
      };
      CHECK(std::ranges::any_of(fresh, covers));
    }
  }
  CHECK(fresh.size() < kMany / 10);
}

TEST_CASE("stale lines are looked at once more before replay gives up") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, kMany);
  // This host still has the zeros that were there before; its second look finds the memory's.
  const auto stale = memory.raw().subspan(format::entry_offset(70), format::kEntrySize);
  const std::vector<std::byte> whole(stale.begin(), stale.end());
  std::ranges::fill(stale, std::byte{0});
  memory.set_hook([&](const Event& event) {
    if (event.op == Op::invalidate && event.offset == format::entry_offset(70)) {
      std::ranges::copy(whole, stale.begin());
    }
  });
  const Seen seen = replay(memory);
  memory.set_hook({});
  CHECK(seen.faults.empty());
  CHECK(seen.paths.size() == kMany);
}

TEST_CASE("what is checked is what is applied, whoever writes to the log meanwhile") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 10);
  const auto hostile = format::encode(format::Entry{
      .seqnum = 4, .body = format::MkdirEntry{.path = format::RelPath("../../escape")}});
  std::vector<std::string> paths;
  Faults faults;
  const auto replayed =
      log::Reader(memory, kGeometry)
          .replay(
              0,
              [&](std::uint64_t, const format::Entry& entry) {
                // While the first is applied, all others are exchanged.
                for (std::uint64_t i = 0; i < 10; ++i) {
                  std::ranges::copy(hostile, memory.raw().begin() + static_cast<std::ptrdiff_t>(
                                                                        format::entry_offset(i)));
                }
                paths.emplace_back(std::get<format::MkdirEntry>(entry.body).path.view());
                return std::optional<format::Fault>();
              },
              faults);
  REQUIRE(replayed);
  CHECK(faults.all.empty());
  REQUIRE(paths.size() == 10);
  CHECK(paths[4] == "directory-4");
}

TEST_CASE("a next_index caught half stored is not believed") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 256);
  poke_u64(memory, kIndexAt, 0x1ff); // 255 -> 256, its high byte first
  int loads = 0;
  memory.set_hook([&](const Event& event) {
    if (event.op == Op::load && event.offset == format::kLogOffset && ++loads == 2) {
      poke_u64(memory, kIndexAt, 256);
    }
  });
  const Seen seen = replay(memory);
  memory.set_hook({});
  CHECK(seen.faults.empty());
  REQUIRE(seen.replayed);
  CHECK(seen.replayed->committed == 256);
}

TEST_CASE("headers that lie are refused before anything is applied") {
  struct Lie {
    std::uint64_t offset;
    std::uint64_t value;
    FaultKind kind;
  };
  for (const Lie& lie : {Lie{0, 1, FaultKind::header_magic}, Lie{24, 1, FaultKind::header_crc},
                         Lie{40, std::uint64_t{1} << 40, FaultKind::header_next_index},
                         Lie{40, 15421, FaultKind::header_next_index},
                         Lie{40, UINT64_MAX, FaultKind::header_next_index}}) {
    CAPTURE(lie.offset, lie.value);
    RecordingMemory memory(kDeviceSize);
    make_empty_log(memory);
    append_directories(memory, 0, 3);
    poke_u64(memory, format::kLogOffset + lie.offset, lie.value);
    const Seen seen = replay(memory);
    REQUIRE_FALSE(seen.replayed);
    CHECK(seen.replayed.error().code == Errc::corrupt);
    CHECK(seen.paths.empty());
    REQUIRE(seen.faults.size() == 1);
    CHECK(seen.faults[0].kind == lie.kind);
  }
}

TEST_CASE("entries past next_index were never committed, however valid they look") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 5);
  poke_u64(memory, kIndexAt, 3);
  CHECK(replay(memory).paths.size() == 3);
}

TEST_CASE("a log that went back is refused") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 5);
  const Seen seen = replay(memory, 6);
  REQUIRE_FALSE(seen.replayed);
  CHECK(seen.replayed.error().code == Errc::corrupt);
}

TEST_CASE("one entry's bytes can be had, of slots that there are") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 2);
  const log::Reader reader(memory, kGeometry);
  const auto bytes = reader.entry(1);
  REQUIRE(bytes);
  CHECK(*bytes == format::encode(format::Entry{.seqnum = 1, .body = directory(1)}));
  CHECK(reader.entry(15419));
  CHECK(reader.entry(15420).error().code == Errc::invalid);
  CHECK(reader.entry(UINT64_MAX).error().code == Errc::invalid);
}
