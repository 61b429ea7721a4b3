#include "support.h"

#include "volume/check.h"

#include "catch.h"

#include <random>

using namespace famfs;
using namespace famfs::testing;

namespace {

constexpr std::uint64_t kSize = 32 * MiB;

volume::MakeOptions options(bool force = false) {
  return {.log_length = 8 * MiB,
          .system = Uuid::random(),
          .device_path = "/dev/dax0.0",
          .force = force};
}

} // namespace

TEST_CASE("a new file system is empty and good, and has what was asked") {
  RecordingMemory memory(kSize);
  std::ranges::fill(memory.raw(), kJunk);
  CHECK(volume::has_file_system(memory) == false);
  const auto asked = options();
  REQUIRE(volume::make(memory, asked));
  memory.crash();
  CHECK(volume::has_file_system(memory) == true);
  Faults faults;
  const auto report = volume::check(memory, faults);
  REQUIRE(report);
  CHECK(report->usable);
  CHECK(report->faults == 0);
  CHECK(report->entries == 0);
  auto opened = Volume::open(memory, {}, faults);
  REQUIRE(opened);
  CHECK((*opened)->superblock().system == asked.system);
  CHECK((*opened)->superblock().device_path == "/dev/dax0.0");
  CHECK((*opened)->superblock().device_size == kSize);
  CHECK_FALSE((*opened)->superblock().file_system.is_nil());
}

TEST_CASE("what must not be made changes nothing") {
  RecordingMemory memory(kSize);
  REQUIRE(volume::make(memory, options()));
  memory.forget_events();
  SECTION("over a file system, without force") {
    CHECK(code_of(volume::make(memory, options())) == Errc::exists);
  }
  SECTION("with a log length that cannot be") {
    for (const std::uint64_t length :
         {std::uint64_t{0}, 4 * MiB, 12 * MiB, 32 * MiB, TiB, std::uint64_t{1} << 63}) {
      auto asked = options(true);
      asked.log_length = length;
      const auto refused = volume::make(memory, asked);
      REQUIRE(code_of(refused) == Errc::usage);
      CHECK(refused.error().message.find(fmt::format("{}", length)) != std::string::npos);
    }
  }
  for (const Event& event : memory.events()) {
    CHECK((event.op == Op::invalidate || event.op == Op::fence));
  }
}

TEST_CASE("a device too small for anything") {
  RecordingMemory memory(10 * MiB);
  CHECK(code_of(volume::make(memory, options())) == Errc::usage);
  RecordingMemory tiny(4096);
  CHECK(code_of(volume::make(tiny, options())) == Errc::usage);
}

TEST_CASE("a long device path is cut to its field") {
  RecordingMemory memory(kSize);
  auto asked = options();
  asked.device_path = std::string(100, 'p');
  REQUIRE(volume::make(memory, asked));
  Faults faults;
  CHECK((*Volume::open(memory, {}, faults))->superblock().device_path == std::string(64, 'p'));
}

TEST_CASE("a killed file system cannot be opened") {
  RecordingMemory memory(kSize);
  REQUIRE(volume::make(memory, options()));
  REQUIRE(volume::kill(memory));
  memory.crash();
  CHECK(volume::has_file_system(memory) == false);
  Faults faults;
  CHECK(code_of(Volume::open(memory, {}, faults)) == Errc::not_famfs);
}

TEST_CASE("an interrupted mkfs leaves no file system") {
  RecordingMemory memory(kSize);
  REQUIRE(volume::make(memory, options()));
  CHECK(code_of(volume::make(memory, options(true), [](auto, auto) { return false; })) ==
        Errc::interrupted);
  CHECK(volume::has_file_system(memory) == false);
}

TEST_CASE("a crash in mkfs leaves the old file system, none, or the new one whole") {
  RecordingMemory memory(kSize);
  REQUIRE(volume::make(memory, options()));
  Faults faults;
  std::string old;
  {
    auto opened = *Volume::open(memory, {.role = Role::master}, faults);
    REQUIRE(opened->make_directory(tree::kRoot, "old", {}, 0755));
    REQUIRE(opened->commit_all([](auto&, auto&) {}) == 1);
    old = opened->superblock().file_system.text();
  }
  memory.settle();
  RecordingMemory after(kSize);
  std::mt19937 random(4711);
  std::uint64_t none = 0;
  std::uint64_t whole = 0;
  memory.set_hook([&](const Event&) {
    for (const double stored : {0.0, 1.0, 0.5, 0.5, 0.5}) {
      std::bernoulli_distribution is_stored(stored);
      for (const auto& [begin, length] :
           {std::pair{std::uint64_t{0}, 4 * KiB}, {2 * MiB, 4 * KiB}}) {
        for (std::uint64_t line = begin; line < begin + length; line += 64) {
          const auto from = is_stored(random) ? memory.raw() : memory.durable();
          std::memcpy(after.raw().data() + line, from.data() + line, 64);
        }
      }
      auto opened = Volume::open(after, {}, faults);
      if (!opened) {
        ++none;
        continue;
      }
      const bool is_old = (*opened)->superblock().file_system.text() == old;
      CHECK((*opened)->lookup(tree::kRoot, "old").has_value() == is_old);
      CHECK((*opened)->superblock().device_path == "/dev/dax0.0");
      whole += is_old ? 0 : 1;
    }
  });
  REQUIRE(volume::make(memory, options(true)));
  memory.set_hook({});
  CHECK(faults.all.empty());
  CHECK(none > 0);
  CHECK(whole > 0);
  CHECK((*Volume::open(memory, {}, faults))->superblock().file_system.text() != old);
}
