// What fsck --repair mends, and what it leaves because it would be a guess.
#include "damage.h"
#include "support.h"

#include "base/crc32.h"
#include "format/mend.h"
#include "volume/check.h"
#include "volume/repair.h"
#include "volume/salvage.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;
using format::FaultKind;

namespace {

constexpr std::uint64_t kSeqnum = format::kLogOffset + format::kNextSeqnumOffset;
constexpr std::uint64_t kEntryCrc = 536; // over all before it

std::uint64_t word(Rig& rig, std::uint64_t at) {
  return load_le<std::uint64_t>(rig.memory.raw(), at);
}
void set(Rig& rig, std::uint64_t at, std::uint32_t value) {
  store_le(rig.memory.raw(), at, value);
}

// Its CRC is right then: somebody wrote it so.
void seal(Rig& rig, std::uint64_t entry) {
  const std::uint64_t at = format::entry_offset(entry);
  set_word(rig, at + kEntryCrc, crc32(Bytes(rig.memory.raw()).subspan(at, kEntryCrc)));
}

std::vector<std::byte> metadata(Rig& rig) {
  const Bytes bytes = rig.memory.raw();
  return {bytes.begin(), bytes.begin() + 2 * MiB + 64 * KiB};
}

std::vector<FaultKind> mends(Rig& rig) {
  std::vector<FaultKind> kinds;
  const auto plan = volume::plan_repair(rig.memory);
  REQUIRE(plan);
  for (const auto& mend : plan->mends) {
    CHECK_FALSE(mend.stores.empty());
    kinds.push_back(mend.fault.kind);
  }
  return kinds;
}
using Kinds = std::vector<FaultKind>;

std::uint64_t faults(Rig& rig) {
  Faults heard;
  const auto report = volume::check(rig.memory, heard);
  REQUIRE(report);
  return report->faults;
}

// Nothing is left to do after it.
void repair(Rig& rig) {
  const auto plan = volume::plan_repair(rig.memory);
  REQUIRE(plan);
  REQUIRE(volume::repair(rig.memory, *plan));
  rig.memory.crash(); // all of it is durable
  CHECK(mends(rig).empty());
}

const std::vector<std::string> kAll{"a", "b", "f", "z"};

} // namespace

TEST_CASE("a good file system needs no repair, and a plan stores nothing") {
  Rig rig;
  fill(rig);
  rig.memory.forget_events();
  const auto plan = volume::plan_repair(rig.memory);
  REQUIRE(plan);
  CHECK(plan->mends.empty());
  CHECK(plan->committed == 4u);
  CHECK(plan->superblock->system == rig.volume->superblock().system);
  for (const Event& event : rig.memory.events()) {
    CHECK((event.op == Op::invalidate || event.op == Op::fence));
  }
}

TEST_CASE("the counters of an append that was cut short") {
  Rig rig;
  fill(rig);
  set_word(rig, kSeqnum, 5);
  CHECK(faults(rig) == 0);
  CHECK(mends(rig) == Kinds{FaultKind::header_counters});
  repair(rig);
  CHECK(word(rig, kSeqnum) == 4);
  CHECK(word(rig, kIndex) == 4);
}

TEST_CASE("a sequence number that is nonsense, and one that the entries bear out") {
  Rig rig;
  fill(rig);
  SECTION("nonsense") {
    set_word(rig, kSeqnum, 1ULL << 40);
    repair(rig);
    CHECK(word(rig, kSeqnum) == 4);
  }
  SECTION("less than there is") {
    set_word(rig, kSeqnum, 1);
    repair(rig);
    CHECK(word(rig, kSeqnum) == 4);
  }
  SECTION("two witnesses against next_index: left as it is") {
    set_word(rig, kIndex, 2);
    CHECK(mends(rig).empty());
  }
}

TEST_CASE("next_index past the last slot is what next_seqnum and the entries say") {
  Rig rig;
  fill(rig);
  set_word(rig, kIndex, 1ULL << 40);
  SECTION("they agree") {
    CHECK(mends(rig) == Kinds{FaultKind::header_next_index});
    repair(rig);
    CHECK(word(rig, kIndex) == 4);
    rig.reopen();
    CHECK(rig.names() == kAll);
  }
  SECTION("they do not") {
    set_word(rig, kSeqnum, 3);
    CHECK(mends(rig).empty());
    set_word(rig, kSeqnum, 5);
    CHECK(mends(rig).empty());
    set_word(rig, kSeqnum, 1ULL << 50);
    CHECK(mends(rig).empty());
  }
}

TEST_CASE("an entry damaged past the last good one is given up") {
  Rig rig;
  fill(rig);
  flip(rig, format::entry_offset(3) + 28); // in its path
  rig.reopen();
  CHECK(code_of(rig.volume->create(tree::kRoot, "new", {}, 0644)) != Errc::timed_out);
  CHECK(mends(rig) == Kinds{FaultKind::entry_crc});
  repair(rig);
  CHECK(faults(rig) == 0);
  CHECK(word(rig, kIndex) == 3);
  CHECK(word(rig, kSeqnum) == 3);
  rig.reopen();
  CHECK(rig.names() == std::vector<std::string>{"a", "b", "f"});
  (void)rig.committed("new", "and goes on");
}

TEST_CASE("a damaged entry with good ones behind it is left to a salvage") {
  Rig rig;
  fill(rig);
  flip(rig, format::entry_offset(1) + 28);
  CHECK(mends(rig).empty());
  CHECK(faults(rig) == 1);
  const auto found = volume::survey(rig.memory);
  REQUIRE(found);
  REQUIRE(found->lost.size() == 1);
  CHECK(found->lost[0].entry == 1);
  CHECK(found->contents->tree.files() == 1);
  CHECK(found->contents->tree.find_path("z"));
}

TEST_CASE("an entry that cannot be read is not given up: the memory comes first") {
  Rig rig;
  fill(rig);
  rig.memory.fail_at(format::entry_offset(3) + 100, 1);
  CHECK(mends(rig).empty());
  rig.memory.heal();
  const auto known = volume::plan_repair(rig.memory, {}, {{format::entry_offset(3), 64}});
  REQUIRE(known);
  CHECK(known->mends.empty());
}

TEST_CASE("an entry whose CRC proves what it was is restored, wherever it is") {
  Rig rig;
  fill(rig);
  const auto before = metadata(rig);
  const std::uint64_t file = format::entry_offset(2);
  const auto at = GENERATE_COPY(from_range(std::vector<std::uint64_t>{
      file, file + 5, file + 8, file + 13, file + 24, file + 37, file + 116, file + 500,
      file + kEntryCrc + 5, format::entry_offset(1) + 8}));
  flip(rig, at);
  CAPTURE(at - file);
  CHECK(faults(rig) == 1);
  repair(rig);
  CHECK(metadata(rig) == before);
}

TEST_CASE("flags and mode that the format has not, written so, become those that it has") {
  Rig rig;
  fill(rig);
  const std::uint64_t file = format::entry_offset(2);
  SECTION("flags") {
    set(rig, file + 24, 3);
    seal(rig, 2);
    CHECK(mends(rig) == Kinds{FaultKind::file_flags});
  }
  SECTION("setuid") {
    set(rig, file + 36, 04644);
    seal(rig, 2);
    CHECK(mends(rig) == Kinds{FaultKind::mode_bits});
  }
  SECTION("a directory's") {
    set(rig, format::entry_offset(3) + 24, 040755);
    seal(rig, 3);
    CHECK(mends(rig) == Kinds{FaultKind::mode_bits});
  }
  repair(rig);
  CHECK(faults(rig) == 0);
  rig.reopen();
  CHECK(rig.names() == kAll);
  CHECK(rig.read(rig.lookup("f")) == "content");
  CHECK(rig.attributes(rig.lookup("f")).mode == 0644);
}

TEST_CASE("what was refused is not made good at the cost of what came after") {
  Rig rig;
  fill(rig);
  set(rig, format::entry_offset(2) + 24, 3);
  seal(rig, 2);
  rig.reopen();
  SECTION("its space") {
    (void)rig.committed("other", "in unit 0");
  }
  SECTION("its name") {
    (void)rig.directory("f");
  }
  CHECK(mends(rig).empty());
}

TEST_CASE("a header is restored from the superblock, when the counters beside it are proved") {
  Rig rig;
  fill(rig);
  const auto before = metadata(rig);
  const std::uint64_t at = format::kLogOffset;
  SECTION("each word of it, and all") {
    const auto damaged = GENERATE(0, 8, 16, 24, 32);
    for (int i = 0; i < 32; i += 8) {
      if (damaged == i || damaged == 32) {
        set_word(rig, at + static_cast<std::uint64_t>(i), 0x1122334455667788);
      }
    }
    CHECK(mends(rig).size() == 1);
    repair(rig);
    CHECK(metadata(rig) == before);
  }
  SECTION("not when they differ, or the entries do") {
    set_word(rig, at, 1);
    set_word(rig, kSeqnum, 5);
    CHECK(mends(rig).empty());
    set_word(rig, kSeqnum, 3);
    set_word(rig, kIndex, 3);
    CHECK(mends(rig).empty());
  }
  SECTION("not when it was written so") {
    set_word(rig, at + 8, 16 * MiB);
    set_word(rig, at + 24, crc32(Bytes(rig.memory.raw()).subspan(at, 24)));
    CHECK(mends(rig).empty());
  }
}

TEST_CASE("a superblock is restored where its CRC proves it") {
  Rig rig;
  fill(rig);
  const auto before = metadata(rig);
  SECTION("each field that has one value") {
    // magic, version, log offset, log length, allocation unit, format, the CRC's upper half
    flip(rig, GENERATE(2, 8, 17, 26, 34, 40, 44, 101));
    CHECK(mends(rig).size() == 1);
    repair(rig);
    CHECK(metadata(rig) == before);
  }
  SECTION("all of them") {
    for (const std::uint64_t at : {2, 8, 17, 26, 34, 40, 44}) {
      flip(rig, at);
    }
    repair(rig);
    CHECK(metadata(rig) == before);
  }
  SECTION("not a UUID, not the CRC itself") {
    flip(rig, GENERATE(48, 64, 80, 96));
    CHECK(mends(rig).empty());
  }
  SECTION("not what was killed on purpose") {
    set_word(rig, 0, 0);
    CHECK(mends(rig).empty());
  }
  SECTION("not another version that was meant") {
    set_word(rig, 8, 47);
    set_word(rig, 96, crc32(Bytes(rig.memory.raw()).first(96)));
    CHECK(mends(rig).empty());
  }
}

TEST_CASE("superblock flags, which nobody sets, become none") {
  Rig rig;
  fill(rig);
  const auto before = metadata(rig);
  set(rig, format::kFlagsOffset, GENERATE(1U, 2U, 0x80000000U));
  rig.reopen(); // nobody goes by them
  CHECK(rig.names() == kAll);
  CHECK(faults(rig) == 1);
  CHECK(mends(rig) == Kinds{FaultKind::superblock_flags});
  repair(rig);
  CHECK(metadata(rig) == before);
}

TEST_CASE("a device size that cannot be is the device's") {
  Rig rig;
  fill(rig);
  const auto before = metadata(rig);
  set_word(rig, format::kDeviceSizeOffset, GENERATE(0ULL, 9 * MiB, 1ULL << 60));
  CHECK(mends(rig) == Kinds{FaultKind::superblock_device_size});
  repair(rig);
  CHECK(metadata(rig) == before);
}

TEST_CASE("a device that was made smaller keeps its size on the media") {
  Rig rig;
  fill(rig);
  set_word(rig, format::kDeviceSizeOffset, 1 * GiB);
  set_word(rig, format::entry_offset(2) + 144, 64 * MiB); // where the file lies
  seal(rig, 2);
  CHECK(mends(rig).empty());
  const auto found = volume::survey(rig.memory);
  REQUIRE(found);
  CHECK_FALSE(found->superblock_used);
  CHECK(found->lost.size() == 1);
  CHECK(found->contents->tree.directories() == 3);
}

TEST_CASE("a plan can be stopped, and then nothing was changed") {
  Rig rig;
  fill(rig);
  CHECK(code_of(volume::plan_repair(rig.memory, [](auto, auto) { return false; })) ==
        Errc::interrupted);
}
