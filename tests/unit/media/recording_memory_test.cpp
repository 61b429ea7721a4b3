// The test double that other modules' tests lean on must itself be right.
#include "catch.h"
#include "recording_memory.h"

#include <array>

using famfs::Errc;
using famfs::testing::Event;
using famfs::testing::Op;
using famfs::testing::RecordingMemory;

namespace {

const std::array<std::byte, 4> kFour{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};

} // namespace

TEST_CASE("recording memory keeps the order of what is done to it") {
  RecordingMemory memory(4096);
  REQUIRE(memory.store(10, kFour));
  REQUIRE(memory.zero(100, 20));
  REQUIRE(memory.store_u64(8, 5));
  REQUIRE(memory.write_back(10, 4));
  memory.fence();
  REQUIRE(memory.invalidate(0, 64));
  CHECK(memory.events() == std::vector<Event>{{Op::store, 10, 4, 0},
                                              {Op::zero, 100, 20, 0},
                                              {Op::store_u64, 8, 8, 5},
                                              {Op::write_back, 10, 4, 0},
                                              {Op::fence, 0, 0, 0},
                                              {Op::invalidate, 0, 64, 0}});
  CHECK(memory.lines_written_back() == 1);
}

TEST_CASE("recording memory keeps after a crash only what was written back and fenced") {
  RecordingMemory memory(4096);
  REQUIRE(memory.store(0, kFour));
  REQUIRE(memory.store(64, kFour));
  REQUIRE(memory.store(128, kFour));
  REQUIRE(memory.write_back(0, 4));
  memory.fence();
  REQUIRE(memory.write_back(64, 4));
  memory.crash();
  CHECK(memory.raw()[0] == std::byte{1});
  CHECK(memory.raw()[64] == std::byte{0});
  CHECK(memory.raw()[128] == std::byte{0});
}

TEST_CASE("recording memory fails where it is told to") {
  RecordingMemory memory(4096);
  memory.fail_at(100, 10);
  std::array<std::byte, 4> to{};
  CHECK(memory.load(96, to));
  CHECK(memory.load(97, to).error().code == Errc::io);
  CHECK(memory.store(109, kFour).error().code == Errc::io);
  CHECK(memory.store(110, kFour));
  memory.heal();
  CHECK(memory.load(97, to));
  CHECK(memory.load(4095, to).error().code == Errc::invalid);
  CHECK(memory.load(~std::uint64_t{0} - 1, to).error().code == Errc::invalid);
  memory.set_read_only(true);
  CHECK(memory.store(0, kFour).error().code == Errc::read_only);
}
