// Power may go in the middle of a repair too: whatever of it reached the memory, a repair that is
// run again ends where the first would have, and nothing that could be seen before is gone
// meanwhile.
#include "crash_memory.h"
#include "images.h"
#include "support.h"

#include "base/crc32.h"
#include "format/mend.h"
#include "volume/check.h"
#include "volume/make.h"
#include "volume/repair.h"

#include "catch.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <thread>

using namespace famfs;
using namespace famfs::crash;

namespace {

constexpr std::uint64_t kDevice = format::kLogOffset + format::kMinLogLength + 4 * MiB;
constexpr std::uint64_t kCounters = format::kLogOffset + format::kNextSeqnumOffset;

constexpr std::uint64_t kEntryCrc = 536; // over all before it

using Image = std::vector<std::byte>;

// Directories d0 to d4, and a file f in entry 5.
const Image& good() {
  static const Image image = [] {
    CrashMemory memory((Image(kDevice)));
    must(volume::make(memory, {.log_length = format::kMinLogLength,
                               .system = {},
                               .device_path = "/dev/dax0.0",
                               .force = true}));
    Faults none;
    const auto volume =
        must(volume::Volume::open(memory, {.role = volume::Role::master, .map_unit = 4096}, none));
    for (int i = 0; i < 5; ++i) {
      const auto made = must(volume->make_directory(tree::kRoot, fmt::format("d{}", i), {}, 0755));
      must(volume->commit(made.id, volume::Volume::Why::synced));
    }
    const auto file = must(volume->create(tree::kRoot, "f", {}, 0644));
    Text text("content");
    must(volume->write(file.id, 0, 7, text));
    must(volume->commit(file.id, volume::Volume::Why::synced));
    return Image(memory.view().begin(), memory.view().end());
  }();
  return image;
}

void set(Image& image, std::uint64_t at, std::uint64_t value) {
  store_le(MutableBytes(image), at, value);
}

void written_so(Image& image, std::uint64_t entry, std::uint64_t field, std::uint32_t value) {
  const std::uint64_t at = format::entry_offset(entry);
  store_le(MutableBytes(image), at + field, value);
  set(image, at + kEntryCrc, crc32(Bytes(image).subspan(at, kEntryCrc)));
}

// One of each kind that is mended, and several at once.
Image damaged(int how) {
  Image image = good();
  const auto flip = [&](std::uint64_t at) { image[at] ^= std::byte{0x20}; };
  switch (how) {
  case 0: // an append that was cut short
    set(image, kCounters, 7);
    break;
  case 1: // the last entry
    flip(format::entry_offset(5) + 28);
    break;
  case 2: // the last three, and a counter that is nonsense
    for (std::uint64_t i = 3; i < 6; ++i) {
      flip(format::entry_offset(i) + 28);
    }
    set(image, kCounters, 1ULL << 40);
    break;
  case 3: // flags and mode, written so, with entries behind
    written_so(image, 1, 24, 040755);
    written_so(image, 5, 24, 3);
    break;
  case 4: // header
    for (std::uint64_t at = 0; at < 32; at += 8) {
      set(image, format::kLogOffset + at, 0x7777);
    }
    break;
  case 5: // superblock
    for (const std::uint64_t at : {2, 8, 17, 26, 34, 40, 44}) {
      flip(at);
    }
    set(image, format::kFlagsOffset, 3);
    set(image, format::kDeviceSizeOffset, 1ULL << 60);
    break;
  case 6: // next_index
    set(image, kCounters + 8, 1ULL << 40);
    break;
  default: // an entry that can be restored in several places, and the last
    flip(format::entry_offset(2));
    flip(format::entry_offset(2) + 8);
    flip(format::entry_offset(2) + 300);
    flip(format::entry_offset(5) + 28);
    flip(40);
  }
  return image;
}
constexpr int kKinds = 8;

Image repaired(Image image) {
  CrashMemory memory(std::move(image));
  must(volume::repair(memory, must(volume::plan_repair(memory))));
  return Image(memory.view().begin(), memory.view().end());
}

bool same(Bytes a, Bytes b) {
  return std::ranges::equal(a.first(format::kLogOffset + 64 * KiB),
                            b.first(format::kLogOffset + 64 * KiB));
}

// What goes wrong where a repair crashes, or is lost when it has ended; empty: nothing.
std::string first_trouble(int how, const Mutation& mutation, std::set<Site>* sites = nullptr) {
  const Image end = repaired(damaged(how));
  CrashMemory memory(damaged(how));
  memory.set_mutation(mutation);
  std::string trouble;
  std::uint64_t images = 0;
  std::minstd_rand random(1);
  memory.set_look([&](const std::vector<Open>& open) {
    for_each_image(open, {}, random, [&](const Choice& choice) {
      ++images;
      Wreck wreck(memory.remains());
      for (std::size_t i = 0; i < open.size(); ++i) {
        wreck.patch(open[i].offset, choice[i]);
      }
      const auto plan = volume::plan_repair(wreck);
      if (!plan || !volume::repair(wreck, *plan) || !same(memory.remains(), end)) {
        trouble = "a repair of what a crash left ends elsewhere";
      }
      return trouble.empty();
    });
  });
  // On a thread of its own: where it was called from is no part of a site then.
  std::thread([&] { must(volume::repair(memory, must(volume::plan_repair(memory)))); }).join();
  memory.look();
  memory.set_look({});
  if (sites != nullptr) {
    *sites = memory.sites();
  }
  if (trouble.empty() && (images < 2 || !same(memory.remains(), end))) {
    return "not all of it is durable";
  }
  return trouble;
}

std::uint64_t directories(const media::Memory& memory) {
  Faults heard;
  return must(volume::check(memory, heard)).directories;
}

} // namespace

TEST_CASE("every image that a crash in a repair could leave is repaired to the same", "[repair]") {
  const int how = GENERATE(range(0, kKinds));
  CAPTURE(how);
  CrashMemory done(repaired(damaged(how)));
  Faults heard;
  const auto report = must(volume::check(done, heard));
  INFO(heard.all);
  REQUIRE(report.faults == 0);
  REQUIRE(must(volume::plan_repair(done)).mends.empty());
  CHECK(first_trouble(how, {}) == "");
}

TEST_CASE("left out, the write-back and the fence of a repair are missed", "[repair]") {
  std::set<Site> sites;
  REQUIRE(first_trouble(0, {}, &sites) == "");
  CHECK(sites.size() == 2);
  for (const Site& site : sites) {
    for (int how = 0; how < kKinds; ++how) {
      CAPTURE(how, name(site));
      CHECK(first_trouble(how, {.without = site}) != "");
    }
  }
}

TEST_CASE("counters and restored entries: what could be seen can be seen all the way", "[repair]") {
  const int how = GENERATE(0, 1, 2, 7);
  const Image begin = damaged(how);
  CrashMemory before((Image(begin)));
  const std::uint64_t least = how == 7 ? 0 : directories(before);
  CrashMemory memory((Image(begin)));
  std::minstd_rand random(1);
  memory.set_look([&](const std::vector<Open>& open) {
    for_each_image(open, {}, random, [&](const Choice& choice) {
      Wreck wreck(memory.remains());
      for (std::size_t i = 0; i < open.size(); ++i) {
        wreck.patch(open[i].offset, choice[i]);
      }
      REQUIRE(directories(wreck) >= least);
      return true;
    });
  });
  must(volume::repair(memory, must(volume::plan_repair(memory))));
}
