// Direct maps of a device with units of 2 MiB, as devdax has them.
#include "world.h"

#include "base/units.h"
#include "catch.h"

#include <cerrno>
#include <csignal>

#include <sys/mman.h>

using namespace famfs;
using namespace famfs::capi;
using namespace famfs::capi::test;

namespace {

constexpr std::size_t kUnit = 2 * MiB;

std::uint64_t word(std::uintptr_t at) {
  return word_at(static_cast<std::intptr_t>(at));
}

// 16 MiB far below where the kernel, which looks for room from the top down, would put a mapping of
// the mapper's own: a hole made here stays one.
std::uintptr_t low_arena(int protection) {
  constexpr std::uintptr_t low = GiB;
  const auto at =
      kLinux.map(low, 16 * MiB, protection,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  return address(at);
}

} // namespace

TEST_CASE("a page of a unit: the whole unit is mapped, the right byte comes first", "[units]") {
  World w(3 * kPage, {{0, 40 * MiB, kUnit}}, kUnit);
  const std::uintptr_t at = address(w.map(kPage, 2 * kPage));
  CHECK(word(at) == 40 * MiB + 2 * kPage);
  CHECK(at % kUnit == 2 * kPage);
  CHECK(w.units.size() == 1);
  CHECK(w.mapper.unmap(at, kPage) == 0);
  CHECK(w.units.empty());
  CHECK(w.mappings() == World::Count{.reserved = w.mappings().reserved});
}

TEST_CASE("several extents and strips on whole units", "[units]") {
  World w(7 * MiB, {{0, 40 * MiB, 4 * MiB}, {0, 10 * MiB, 4 * MiB}}, kUnit);
  SECTION("extents") {}
  SECTION("strips") {
    w.file.map.kind = format::MapKind::interleaved;
    w.file.map.chunk = kUnit;
  }
  const std::uintptr_t at = address(w.map(7 * MiB - 5 * kPage, 5 * kPage));
  for (std::size_t offset = 5 * kPage; offset < 7 * MiB; offset += 32 * KiB) {
    CHECK(word(at + offset - 5 * kPage) == w.stamp(round_down(offset, kPage)));
  }
  CHECK(w.mapper.unmap(at, 7 * MiB - 5 * kPage) == 0);
  CHECK(w.units.empty());
}

TEST_CASE("an extent in the middle of a unit", "[units]") {
  World w(MiB, {{0, 41 * MiB, MiB}}, kUnit);
  const std::uintptr_t at = address(w.map(MiB));
  CHECK(word(at) == 41 * MiB);
  CHECK(word(at + MiB - kPage) == 42 * MiB - kPage);
  CHECK(w.mapper.unmap(at, MiB) == 0);
}

TEST_CASE("what is unmapped inside a unit is hidden until the unit is free", "[units]") {
  World w(4 * MiB, {{0, 40 * MiB, 4 * MiB}}, kUnit);
  const std::uintptr_t at = address(w.map(4 * MiB));
  REQUIRE(w.mapper.unmap(at + kPage, kPage) == 0);
  CHECK(w.units.size() == 2);
  REQUIRE(w.mapper.unmap(at, kPage) == 0);
  REQUIRE(w.mapper.unmap(at + 2 * kPage, kUnit - 2 * kPage) == 0);
  CHECK(w.units.size() == 1);
  CHECK_FALSE(readable(at));
  CHECK(readable(at + kUnit));
  CHECK(w.mappings().file == 1);
  REQUIRE(w.mapper.unmap(at, 4 * MiB) == 0);
  CHECK(w.units.empty());
  CHECK(w.mappings().file == 0);
}

TEST_CASE("one munmap over hidden and shown parts and other people's mappings", "[units]") {
  World w(kPage, {{0, 40 * MiB, kUnit}}, kUnit);
  const std::uintptr_t arena = low_arena(PROT_READ);
  const std::uintptr_t base = round_up(arena, kUnit);
  REQUIRE(kLinux.unmap({base + kUnit, base + 3 * kUnit}) == 0);
  REQUIRE(w.map(kPage, 0, MAP_FIXED, base + kUnit) > 0);
  REQUIRE(w.map(kPage, 0, MAP_FIXED_NOREPLACE, base + 2 * kUnit) > 0);
  // From inside the first unit's slack to the byte after the second file.
  REQUIRE(w.mapper.unmap(base + kUnit + kPage, kUnit) == 0);
  CHECK(readable(base + kUnit));
  CHECK_FALSE(readable(base + 2 * kUnit));
  REQUIRE(w.mapper.unmap(base, 4 * kUnit) == 0);
  CHECK_FALSE(readable(base));
  CHECK_FALSE(readable(base + 3 * kUnit));
  CHECK(w.units.empty());
  CHECK(w.mappings().file == 0);
  CHECK(w.mapper.unmap(arena, 16 * MiB) == 0);
}

TEST_CASE("MAP_FIXED needs an address that fits, and free units", "[units]") {
  World w(kUnit, {{0, 40 * MiB, kUnit}}, kUnit);
  const std::uintptr_t arena = low_arena(PROT_NONE);
  const std::uintptr_t base = round_up(arena, kUnit) + kUnit;
  const World::Count before = w.mappings();
  CHECK(w.map(kUnit, 0, MAP_FIXED, base + kPage) == -EINVAL);
  CHECK(w.map(kPage, 0, MAP_FIXED, base) == -EINVAL);             // the rest of the unit is taken
  CHECK(w.map(kPage, kPage, MAP_FIXED, base + kPage) == -EINVAL); // and what is before
  CHECK(w.mappings() == before);
  CHECK(w.map(kUnit, 0, MAP_FIXED, base) == static_cast<std::intptr_t>(base));
  CHECK(word(base) == 40 * MiB);
  CHECK(w.map(kUnit, 0, MAP_FIXED, base) == static_cast<std::intptr_t>(base)); // over itself
  CHECK(w.mappings().file == 1);
  CHECK(w.mapper.unmap(arena, 16 * MiB) == 0);
  CHECK(w.map(kPage, 0, MAP_FIXED, base) == static_cast<std::intptr_t>(base));
  CHECK(w.mapper.unmap(base, kPage) == 0);
  CHECK(w.units.empty());
}

TEST_CASE("protection goes by whole units", "[units]") {
  World w(3 * kPage, {{0, 40 * MiB, kUnit}}, kUnit);
  const std::uintptr_t at = address(w.map(3 * kPage));
  CHECK(w.mapper.protect(at, kPage, PROT_READ) == -EINVAL);
  CHECK(w.mapper.protect(at + 2 * kPage, kPage, PROT_READ) == -EINVAL);
  REQUIRE(w.mapper.protect(at, 3 * kPage, PROT_READ) == 0); // all that the mapping has of it
  CHECK(signal_of_store(at) == SIGSEGV);
  REQUIRE(w.mapper.unmap(at, kPage) == 0);
  REQUIRE(w.mapper.protect(at + kPage, 2 * kPage, PROT_READ | PROT_WRITE) == 0);
  CHECK(signal_of_store(at + kPage) == 0);
  CHECK(w.mapper.unmap(at, 3 * kPage) == 0);
}

TEST_CASE("protection and advice over ours and others'", "[units]") {
  World w(kUnit + kPage, {{0, 40 * MiB, 2 * kUnit}}, kUnit);
  const auto arena = static_cast<std::uintptr_t>(
      kLinux.map(0, 16 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const std::uintptr_t base = round_up(arena, kUnit) + kUnit;
  REQUIRE(w.map(kUnit, 0, MAP_FIXED, base) > 0);
  REQUIRE(w.mapper.protect(base - kPage, kUnit + 2 * kPage, PROT_READ) == 0);
  CHECK(signal_of_store(base - kPage) == SIGSEGV);
  CHECK(signal_of_store(base) == SIGSEGV);
  CHECK(signal_of_store(base + kUnit) == SIGSEGV);
  CHECK(signal_of_store(base + kUnit + kPage) == 0);
  CHECK(w.mapper.advise(base - kPage, kUnit + 2 * kPage, MADV_DONTFORK) == 0);
  CHECK(w.mapper.advise(base - kPage, kUnit + 2 * kPage, MADV_DOFORK) == 0);
  CHECK(w.mapper.advise(base, kPage, MADV_DONTDUMP) == -EINVAL);
  CHECK(w.mapper.unmap(arena, 16 * MiB) == 0);
  CHECK(w.units.empty());
}

TEST_CASE("pages after the last unit are SIGBUS, those in it are not", "[units]") {
  World w(kPage, {{0, 40 * MiB, kUnit}}, kUnit);
  const std::uintptr_t at = address(w.map(kUnit + 2 * kPage));
  CHECK(signal_of_load(at + kPage) == 0);
  CHECK(signal_of_load(at + kUnit) == SIGBUS);
  REQUIRE(w.mapper.protect(at + kUnit, kPage, PROT_NONE) == 0);
  CHECK(signal_of_load(at + kUnit) == SIGSEGV);
  CHECK(signal_of_load(at + kUnit + kPage) == SIGBUS);
  REQUIRE(w.mapper.unmap(at, kPage) == 0);
  CHECK(w.units.size() == 1); // more of the unit was asked for than the file has
  REQUIRE(w.mapper.unmap(at, kUnit) == 0);
  CHECK(w.units.empty());
  CHECK(w.mappings().file >= 1);
  CHECK(w.mapper.unmap(at, kUnit + 2 * kPage) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("extents that do not fit the units are refused whole", "[units]") {
  World w(4 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 11 * MiB, 2 * MiB}}, kUnit);
  CHECK(w.map(4 * MiB) == -ENODEV);
  CHECK(w.mappings().file == 0);
  const std::uintptr_t at = address(w.map(2 * MiB));
  CHECK(w.mapper.unmap(at, 2 * MiB) == 0);
}
