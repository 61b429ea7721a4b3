// Power may go at any moment, and any line that was stored may or may not have reached the memory
// by then. Whatever is left must replay to a prefix that holds every acknowledged commit.
#include "support.h"

#include "catch.h"

#include <random>

using namespace famfs;
using namespace famfs::testing;

namespace {

constexpr std::uint64_t kEntries = 7;
constexpr std::uint64_t kWindow = 64 * KiB; // of the log: all that these appends touch

class Survivor {
public:
  explicit Survivor(RecordingMemory& memory) : memory_(memory), after_(kDeviceSize) {}

  // Each line that differs is as stored with this probability, else as last fenced.
  void crash(double stored) {
    std::bernoulli_distribution is_stored(stored);
    for (std::uint64_t line = 0; line < kWindow; line += media::kCacheLine) {
      const auto from = is_stored(random_) ? memory_.raw() : memory_.durable();
      std::memcpy(after_.raw().data() + format::kLogOffset + line,
                  from.data() + format::kLogOffset + line, media::kCacheLine);
    }
  }
  [[nodiscard]] Seen replay() const { return testing::replay(after_); }

private:
  RecordingMemory& memory_;
  RecordingMemory after_;
  std::mt19937 random_{4711};
};

} // namespace

TEST_CASE("a crash between any two operations leaves a prefix with every acknowledged commit") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  Survivor survivor(memory);
  std::uint64_t acknowledged = 0;
  std::uint64_t crashes = 0;
  const auto look = [&](const Event& /*next*/) {
    for (const double stored : {0.0, 1.0, 0.1, 0.3, 0.5, 0.7, 0.9}) {
      survivor.crash(stored);
      const Seen seen = survivor.replay();
      ++crashes;
      if (!seen.replayed) {
        FAIL_CHECK(seen.replayed.error().message);
        return;
      }
      CHECK(seen.faults.empty());
      CHECK_FALSE(seen.replayed->stopped);
      CHECK(seen.paths.size() >= acknowledged);
      CHECK(seen.paths.size() <= acknowledged + 1);
      for (std::uint64_t i = 0; i < seen.paths.size(); ++i) {
        CHECK(seen.paths[i] == seen_as(i));
      }
    }
  };
  log::Writer writer(memory, kGeometry, 0);
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    memory.set_hook(look);
    REQUIRE(writer.append(directory(i)));
    memory.set_hook({});
    acknowledged = i + 1;
    look({});
  }
  CHECK(crashes > kEntries * 7 * 7);
}

TEST_CASE("after a crash in the middle of an append, the next writer goes on at the same slot") {
  RecordingMemory memory(kDeviceSize);
  make_empty_log(memory);
  append_directories(memory, 0, 3);
  // Entry and next_seqnum arrived, next_index did not.
  const auto bytes = format::encode(format::Entry{.seqnum = 3, .body = directory(99)});
  std::memcpy(memory.raw().data() + format::entry_offset(3), bytes.data(), bytes.size());
  poke_u64(memory, kSeqnumAt, 4);
  CHECK(replay(memory).paths.size() == 3);
  append_directories(memory, 3, 1);
  CHECK(replay(memory).paths == std::vector{seen_as(0), seen_as(1), seen_as(2), seen_as(3)});
}
