// The same random calls on a direct map of a fragmented file and on a plain file of the same bytes,
// in two arenas side by side: results, and what can be read of every page, must be the same all
// along.
#include "world.h"

#include "base/units.h"
#include "catch.h"

#include <random>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::capi;
using namespace famfs::capi::test;

namespace {

constexpr std::size_t kArena = 48; // pages
constexpr std::size_t kFilePages = 20;

class Twins {
public:
  explicit Twins(unsigned seed) : random_(seed) {
    for (std::size_t page = 0; page < kFilePages; ++page) {
      const std::uint64_t stamp = world_.stamp(page * kPage);
      REQUIRE(pwrite(plain_.fd, &stamp, sizeof stamp, static_cast<off_t>(page * kPage)) ==
              sizeof stamp);
    }
    // The kernel chooses addresses from the highest gap that fits: with one above both arenas it
    // puts no pin into a hole that a step made in them, for a later step to map over.
    constexpr std::uintptr_t kRoom = 64 * MiB;
    ours_ = static_cast<std::uintptr_t>(
        kLinux.map(0, kRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    theirs_ = ours_ + kArena * kPage;
    REQUIRE(kLinux.unmap({theirs_ + kArena * kPage, ours_ + kRoom}) == 0);
  }
  Twins(const Twins&) = delete;
  Twins& operator=(const Twins&) = delete;
  ~Twins() {
    CHECK(world_.mapper.unmap(ours_, kArena * kPage) == 0);
    CHECK(kLinux.unmap({theirs_, theirs_ + kArena * kPage}) == 0);
    CHECK(world_.mappings().file == 0);
    CHECK(world_.mappings().device == 0);
  }

  void step() {
    const std::size_t first = pick(0, kArena - 1);
    const std::size_t length = pick(1, std::min<std::size_t>(kArena - first, 12)) * kPage;
    const std::size_t at = first * kPage;
    switch (pick(0, 5)) {
    case 0:
    case 1:
      map(at, length);
      break;
    case 2:
      unmap(at, length);
      break;
    case 3:
      protect(at, length);
      break;
    case 4:
      sync(at, length);
      break;
    default:
      move(at, length);
    }
    compare();
  }

private:
  std::size_t pick(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random_);
  }
  int protection() {
    constexpr int kChoice[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    return kChoice[pick(0, 2)];
  }
  void same(std::intptr_t mine, std::intptr_t his) const {
    const auto relative = [](std::intptr_t result, std::uintptr_t arena) {
      return result > 0 ? result - static_cast<std::intptr_t>(arena) : result;
    };
    CHECK(relative(mine, ours_) == relative(his, theirs_));
  }

  void map(std::size_t at, std::size_t length) {
    const std::uint64_t offset = pick(0, kFilePages + 2) * kPage;
    const int prot = protection();
    const int flags = pick(0, 4) == 0 ? MAP_FIXED_NOREPLACE : MAP_FIXED;
    INFO("map " << at / kPage << " + " << length / kPage << " from " << offset / kPage);
    same(world_.map(length, offset, flags, ours_ + at, prot),
         kLinux.map(theirs_ + at, length, prot, MAP_SHARED | flags, plain_.fd, offset));
  }
  void unmap(std::size_t at, std::size_t length) {
    INFO("unmap " << at / kPage << " + " << length / kPage);
    same(world_.mapper.unmap(ours_ + at, length),
         kLinux.unmap({theirs_ + at, theirs_ + at + length}));
  }
  void protect(std::size_t at, std::size_t length) {
    const int prot = protection();
    INFO("protect " << at / kPage << " + " << length / kPage);
    same(world_.mapper.protect(ours_ + at, length, prot),
         kLinux.protect({theirs_ + at, theirs_ + at + length}, prot));
  }
  void sync(std::size_t at, std::size_t length) {
    INFO("sync " << at / kPage << " + " << length / kPage);
    same(world_.mapper.sync(ours_ + at, length, MS_SYNC),
         kLinux.sync({theirs_ + at, theirs_ + at + length}, MS_SYNC));
  }
  // Within what is surely one mapping for both.
  void move(std::size_t at, std::size_t length) {
    const std::uint64_t offset = pick(0, kFilePages / 2) * kPage;
    INFO("move " << at / kPage << " + " << length / kPage);
    REQUIRE(world_.map(length, offset, MAP_FIXED, ours_ + at, PROT_READ) > 0);
    REQUIRE(kLinux.map(theirs_ + at, length, PROT_READ, MAP_SHARED | MAP_FIXED, plain_.fd, offset) >
            0);
    const std::size_t target = pick(0, kArena - 13) * kPage;
    const std::size_t size = pick(1, 12) * kPage;
    const int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    same(world_.mapper.remap(ours_ + at, length, size, flags, ours_ + target),
         kLinux.remap(theirs_ + at, length, size, flags, theirs_ + target));
  }

  void compare() const {
    for (std::size_t page = 0; page < kArena; ++page) {
      const std::uintptr_t mine = ours_ + page * kPage;
      const std::uintptr_t his = theirs_ + page * kPage;
      CAPTURE(page);
      REQUIRE(readable(mine) == readable(his));
      if (readable(mine)) {
        REQUIRE(word_at(static_cast<std::intptr_t>(mine)) ==
                word_at(static_cast<std::intptr_t>(his)));
      }
    }
  }

  std::mt19937 random_;
  World world_{kFilePages * kPage - 100,
               {{0, 40 * MiB, 5 * kPage},
                {0, 10 * MiB, 5 * kPage},
                {0, 10 * MiB + 5 * kPage, 4 * kPage},
                {0, 20 * MiB, 6 * kPage}}};
  ScratchFile plain_{kFilePages * kPage - 100};
  std::uintptr_t ours_ = 0;
  std::uintptr_t theirs_ = 0;
};

} // namespace

TEST_CASE("a direct map does what a mapping of a plain file does", "[twin]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Twins twins(seed);
    for (int i = 0; i < 120; ++i) {
      CAPTURE(i);
      twins.step();
    }
  }
}
