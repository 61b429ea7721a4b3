#include "support.h"

#include "catch.h"

#include <algorithm>

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("a new log is empty, all of it zero and durable") {
  RecordingMemory memory(kDeviceSize);
  std::ranges::fill(memory.raw(), std::byte{0xee});
  memory.settle();
  make_empty_log(memory);
  memory.crash();
  const auto bytes = memory.raw();
  const auto log = bytes.subspan(format::kLogOffset, kLogLength);
  const auto entries = log.subspan(format::kLogHeaderSize);
  CHECK(std::ranges::all_of(entries, [](std::byte b) { return b == std::byte{0}; }));
  CHECK(bytes[format::kLogOffset - 1] == std::byte{0xee});
  CHECK(bytes[format::kLogOffset + kLogLength] == std::byte{0xee});
  const Seen seen = replay(memory);
  REQUIRE(seen.replayed);
  CHECK(seen.replayed->committed == 0);
}

TEST_CASE("progress rises to the whole, and can stop it") {
  RecordingMemory memory(kDeviceSize);
  std::vector<std::uint64_t> done;
  REQUIRE(log::make_log(memory, kLogLength, [&](std::uint64_t at, std::uint64_t total) {
    CHECK(total == kLogLength);
    done.push_back(at);
    return true;
  }));
  CHECK(done.size() > 1);
  CHECK(std::ranges::is_sorted(done));
  CHECK(done.back() == kLogLength);

  const auto stopped = log::make_log(memory, kLogLength, [](auto, auto) { return false; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::interrupted);
  CHECK_FALSE(replay(memory).replayed);
}

TEST_CASE("a log that does not fit changes nothing") {
  RecordingMemory memory(kDeviceSize);
  for (const std::uint64_t length : {std::uint64_t{0}, 4 * MiB, 32 * MiB, std::uint64_t{1} << 62}) {
    const auto refused = log::make_log(memory, length);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid);
  }
  CHECK(memory.events().empty());
}

TEST_CASE("a bad page in the log is an error, and no header is written") {
  RecordingMemory memory(kDeviceSize);
  memory.fail_at(format::kLogOffset + 5 * MiB, 4096);
  const auto failed = log::make_log(memory, kLogLength);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Errc::io);
  memory.heal();
  CHECK_FALSE(replay(memory).replayed);
}
