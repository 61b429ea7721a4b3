#include "world.h"

#include "base/units.h"
#include "catch.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::capi;
using namespace famfs::capi::test;

namespace {

std::uint64_t word(std::uintptr_t at) {
  return word_at(static_cast<std::intptr_t>(at));
}

} // namespace

TEST_CASE("mremap shrinks in place", "[remap]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  CHECK(w.mapper.remap(at, 4 * kPage, 2 * kPage, 0, 0) == static_cast<std::intptr_t>(at));
  CHECK(readable(at + kPage));
  CHECK_FALSE(readable(at + 2 * kPage));
  CHECK(w.mapper.remap(at, 2 * kPage, 2 * kPage, 0, 0) == static_cast<std::intptr_t>(at));
  CHECK(w.mapper.unmap(at, 2 * kPage) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("mremap grows over extents, and to what the file has become", "[remap]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(2 * MiB));
  w.file.size = 4 * MiB;
  CHECK(w.mapper.remap(at, 2 * MiB, 4 * MiB, 0, 0) == -ENOMEM); // not in place
  const std::uintptr_t now = address(w.mapper.remap(at, 2 * MiB, 4 * MiB, MREMAP_MAYMOVE, 0));
  CHECK(word(now) == 40 * MiB);
  CHECK(word(now + 3 * MiB) == 11 * MiB);
  CHECK_FALSE(readable(at));
  CHECK(w.mappings().file == 1);
  CHECK(w.mapper.unmap(now, 4 * MiB) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("mremap finds a file whose descriptors are all closed", "[remap]") {
  World w(4 * MiB, {{0, 40 * MiB, 4 * MiB}});
  const std::uintptr_t at = address(w.map(2 * MiB, MiB));
  close(w.fd);
  close(w.file_on_disk.fd);
  const std::uintptr_t now = address(w.mapper.remap(at, 2 * MiB, 3 * MiB, MREMAP_MAYMOVE, 0));
  CHECK(word(now) == 41 * MiB);
  CHECK(word(now + 3 * MiB - kPage) == 44 * MiB - kPage);
  SECTION("and refuses when it cannot") {
    unlink(w.file_on_disk.path.c_str());
    CHECK(w.mapper.remap(now, 3 * MiB, 4 * MiB, MREMAP_MAYMOVE, 0) == -ENOMEM);
    CHECK(word(now) == 41 * MiB);
  }
  CHECK(w.mapper.unmap(now, 3 * MiB) == 0);
  w.fd = w.file_on_disk.fd = -1;
}

TEST_CASE("mremap keeps the protection and the descriptor's access", "[remap]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const int reader = w.file_on_disk.open(O_RDONLY);
  const std::uintptr_t at = address(w.map(kPage, 0, 0, 0, PROT_READ, reader));
  const std::uintptr_t now = address(w.mapper.remap(at, kPage, 2 * kPage, MREMAP_MAYMOVE, 0));
  CHECK(signal_of_store(now) == SIGSEGV);
  CHECK(w.mapper.protect(now, kPage, PROT_READ | PROT_WRITE) == -EACCES);
  close(reader);
  CHECK(w.mapper.unmap(now, 2 * kPage) == 0);
}

TEST_CASE("mremap moves to an address, keeps the old, or makes a second", "[remap]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  const auto target = static_cast<std::uintptr_t>(
      kLinux.map(0, 4 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SECTION("a part, moved") {
    CHECK(w.mapper.remap(at + kPage, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, target) ==
          static_cast<std::intptr_t>(target));
    CHECK(word(target) == 40 * MiB + kPage);
    CHECK(readable(at));
    CHECK_FALSE(readable(at + kPage));
    CHECK(readable(at + 3 * kPage));
  }
  SECTION("kept") {
    const std::uintptr_t second =
        address(w.mapper.remap(at, 4 * kPage, 4 * kPage, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
    CHECK(word(second) == 40 * MiB);
    CHECK(readable(at));
    CHECK(w.mapper.unmap(second, 4 * kPage) == 0);
  }
  SECTION("old size 0") {
    const std::uintptr_t second =
        address(w.mapper.remap(at + kPage, 0, 2 * kPage, MREMAP_MAYMOVE, 0));
    CHECK(word(second) == 40 * MiB + kPage);
    CHECK(readable(at));
    CHECK(w.mapper.unmap(second, 2 * kPage) == 0);
  }
  CHECK(w.mapper.unmap(at, 4 * kPage) == 0);
  CHECK(w.mapper.unmap(target, 4 * kPage) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("mremap refuses as mremap(2)", "[remap]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  const std::size_t size = 4 * kPage;
  CHECK(w.mapper.remap(at + 1, size, size, 0, 0) == -EINVAL);
  CHECK(w.mapper.remap(at, size, 0, 0, 0) == -EINVAL);
  CHECK(w.mapper.remap(at, size, size, 64, 0) == -EINVAL);
  CHECK(w.mapper.remap(at, size, size, MREMAP_FIXED, at + MiB) == -EINVAL);
  CHECK(w.mapper.remap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, at + kPage) == -EINVAL);
  CHECK(w.mapper.remap(at, size, 2 * size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0) == -EINVAL);
  CHECK(w.mapper.remap(at, size, SIZE_MAX - 8192, MREMAP_MAYMOVE, 0) == -ENOMEM);
  REQUIRE(w.mapper.protect(at + kPage, kPage, PROT_READ) == 0);
  CHECK(w.mapper.remap(at, size, 2 * size, MREMAP_MAYMOVE, 0) == -EFAULT);
  REQUIRE(w.mapper.unmap(at + kPage, kPage) == 0);
  CHECK(w.mapper.remap(at, size, 2 * size, MREMAP_MAYMOVE, 0) == -EFAULT);
  CHECK(w.mapper.unmap(at, size) == 0);
}

TEST_CASE("mremap of other people's mappings is the kernel's, also over ours", "[remap]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  const auto other = static_cast<std::uintptr_t>(
      kLinux.map(0, 4 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(w.mapper.remap(other, 4 * kPage, 4 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, at) ==
        static_cast<std::intptr_t>(at));
  CHECK(w.mappings().file == 0);
  CHECK(w.mappings().device == 0);
  CHECK(w.mapper.unmap(at, 4 * kPage) == 0);
}

TEST_CASE("mremap on units of 2 MiB", "[remap][units]") {
  World w(4 * MiB, {{0, 40 * MiB, 4 * MiB}}, 2 * MiB);
  const std::uintptr_t at = address(w.map(kPage, kPage));
  const std::uintptr_t now = address(w.mapper.remap(at, kPage, 3 * MiB, MREMAP_MAYMOVE, 0));
  CHECK(word(now) == 40 * MiB + kPage);
  CHECK(word(now + 2 * MiB) == 42 * MiB + kPage);
  CHECK(w.units.size() == 2);
  CHECK(w.mapper.remap(now, 3 * MiB, kPage, 0, 0) == static_cast<std::intptr_t>(now));
  CHECK(w.units.size() == 1);
  CHECK(w.mapper.unmap(now, kPage) == 0);
  CHECK(w.units.empty());
}
