// Direct maps of a device of pages: what a program sees is what it would see of any file.
#include "world.h"

#include "base/units.h"
#include "catch.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::capi;
using namespace famfs::capi::test;

TEST_CASE("several extents appear as one range", "[mapper]") {
  World w(6 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}, {0, 12 * MiB, 2 * MiB}});
  const std::intptr_t at = w.map(6 * MiB);
  REQUIRE(at > 0);
  for (std::size_t offset = 0; offset < 6 * MiB; offset += 64 * KiB) {
    CHECK(word_at(at + static_cast<std::intptr_t>(offset)) == w.stamp(offset));
  }
  CHECK(w.device_maps == 2);                              // the last two extents are neighbours
  CHECK(static_cast<std::uint64_t>(at) % (2 * MiB) == 0); // so that huge pages can be
  REQUIRE(w.mapper.unmap(address(at), 6 * MiB) == 0);
  CHECK(w.mappings().device == 0);
  CHECK(w.mappings().file == 0);
  CHECK(w.mapper.bounds() == Range{});
}

TEST_CASE("interleaved strips appear as one range", "[mapper]") {
  World w(11 * MiB, {{0, 40 * MiB, 4 * MiB}, {0, 10 * MiB, 4 * MiB}, {0, 20 * MiB, 4 * MiB}});
  w.file.map.kind = format::MapKind::interleaved;
  w.file.map.chunk = 2 * MiB;
  const std::intptr_t at = w.map(11 * MiB);
  REQUIRE(at > 0);
  for (std::size_t offset = 0; offset < 11 * MiB; offset += 64 * KiB) {
    CHECK(word_at(at + static_cast<std::intptr_t>(offset)) == w.stamp(offset));
  }
  CHECK(word_at(at + static_cast<std::intptr_t>(2 * MiB)) == 10 * MiB);
  CHECK(w.mapper.unmap(address(at), 11 * MiB) == 0);
}

TEST_CASE("a mapping from an offset begins there", "[mapper]") {
  World w(4 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}});
  const std::intptr_t at = w.map(3 * kPage, 2 * MiB - kPage);
  REQUIRE(at > 0);
  CHECK(word_at(at) == 42 * MiB - kPage);
  CHECK(word_at(at + kPage) == 10 * MiB);
  CHECK(w.mapper.unmap(address(at), 3 * kPage) == 0);
}

TEST_CASE("stores go to the device", "[mapper]") {
  World w(4 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}});
  const std::intptr_t at = w.map(4 * MiB);
  *static_cast<volatile std::uint64_t*>(pointer(address(at) + 3 * MiB)) = 77;
  std::uint64_t word = 0;
  REQUIRE(pread(w.device.fd, &word, sizeof word, 11 * MiB) == sizeof word);
  CHECK(word == 77);
  CHECK(w.mapper.unmap(address(at), 4 * MiB) == 0);
}

TEST_CASE("pages past the end of the file are SIGBUS, and stay so when the file grows",
          "[mapper]") {
  World w(kPage + 100, {{0, 40 * MiB, 2 * MiB}});
  const std::intptr_t at = w.map(4 * kPage);
  CHECK(signal_of_load(address(at)) == 0);
  CHECK(signal_of_load(address(at) + 2 * kPage - 1) == 0);
  CHECK(signal_of_load(address(at) + 2 * kPage) == SIGBUS);
  CHECK(signal_of_store(address(at) + 3 * kPage) == SIGBUS);
  // A private copy of what the file has grown to would swallow stores.
  REQUIRE(ftruncate(w.file_on_disk.fd, MiB) == 0);
  CHECK(signal_of_store(address(at) + 2 * kPage) == SIGBUS);
  CHECK(w.mapper.unmap(address(at), 4 * kPage) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("an empty file can be mapped, not touched", "[mapper]") {
  World w(0, {});
  const std::intptr_t at = w.map(kPage);
  CHECK(signal_of_load(address(at)) == SIGBUS);
  CHECK(w.mapper.unmap(address(at), kPage) == 0);
  CHECK(w.mapper.bounds() == Range{});
}

TEST_CASE("part of a mapping can be unmapped", "[mapper]") {
  World w(4 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * MiB));
  REQUIRE(w.mapper.unmap(at + MiB, 2 * MiB) == 0);
  CHECK(signal_of_load(at + MiB - 1) == 0);
  CHECK(signal_of_load(at + MiB) == SIGSEGV);
  CHECK(signal_of_load(at + 3 * MiB - 1) == SIGSEGV);
  CHECK(signal_of_load(at + 3 * MiB) == 0);
  CHECK(w.mappings().file == 1); // the pin
  REQUIRE(w.mapper.unmap(at, MiB) == 0);
  CHECK(w.mappings().file == 1);
  REQUIRE(w.mapper.unmap(at + 3 * MiB, MiB) == 0);
  CHECK(w.mappings().file == 0);
  CHECK(w.mapper.unmap(at, 4 * MiB) == 0); // nothing there is no error
}

TEST_CASE("one munmap takes several mappings and what lies between", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  constexpr std::size_t kLength = 32 * kPage;
  const auto arena = static_cast<std::uintptr_t>(
      kLinux.map(0, kLength, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(w.map(4 * kPage, 0, MAP_FIXED, arena + 4 * kPage) > 0);
  REQUIRE(w.map(4 * kPage, 4 * kPage, MAP_FIXED, arena + 16 * kPage) > 0);
  CHECK(w.mappings().file == 2);
  CHECK(word_at(static_cast<std::intptr_t>(arena + 16 * kPage)) == 40 * MiB + 4 * kPage);
  REQUIRE(w.mapper.unmap(arena, kLength) == 0);
  CHECK(w.mappings().file == 0);
  CHECK_FALSE(readable(arena));
  CHECK_FALSE(readable(arena + 31 * kPage));
}

TEST_CASE("a mapping outlives its descriptor and holds the file until its last part is gone",
          "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const int fd = w.file_on_disk.open(O_RDWR);
  const std::uintptr_t at = address(w.map(2 * MiB, 0, 0, 0, PROT_READ | PROT_WRITE, fd));
  close(fd);
  CHECK(word_at(static_cast<std::intptr_t>(at)) == 40 * MiB);
  CHECK(w.mappings().file == 1);
  REQUIRE(w.mapper.unmap(at, 2 * MiB) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("MAP_FIXED takes the place of what was there, ours or not", "[mapper]") {
  World w(4 * MiB, {{0, 40 * MiB, 4 * MiB}});
  const std::uintptr_t at = address(w.map(8 * kPage));
  REQUIRE(w.map(2 * kPage, MiB, MAP_FIXED, at + 2 * kPage) ==
          static_cast<std::intptr_t>(at + 2 * kPage));
  CHECK(word_at(static_cast<std::intptr_t>(at + kPage)) == 40 * MiB + kPage);
  CHECK(word_at(static_cast<std::intptr_t>(at + 2 * kPage)) == 41 * MiB);
  CHECK(word_at(static_cast<std::intptr_t>(at + 4 * kPage)) == 40 * MiB + 4 * kPage);
  CHECK(w.mappings().file == 2);
  REQUIRE(w.map(8 * kPage, 2 * MiB, MAP_FIXED, at) == static_cast<std::intptr_t>(at));
  CHECK(w.mappings().file == 1);
  REQUIRE(w.mapper.unmap(at, 8 * kPage) == 0);
  CHECK(w.mappings().file == 0);
  CHECK(w.map(kPage, 0, MAP_FIXED, at + 1) == -EINVAL);
}

TEST_CASE("MAP_FIXED_NOREPLACE refuses what is taken", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  CHECK(w.map(kPage, 0, MAP_FIXED_NOREPLACE, at) == -EEXIST);
  REQUIRE(w.mapper.unmap(at, 4 * kPage) == 0);
  CHECK(w.map(kPage, 0, MAP_FIXED_NOREPLACE, at) == static_cast<std::intptr_t>(at));
  CHECK(w.mapper.unmap(at, kPage) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("an address is a hint, taken where it is free", "[mapper]") {
  World w(4 * MiB, {{0, 40 * MiB, 4 * MiB}});
  const std::uintptr_t at = address(w.map(4 * MiB));
  REQUIRE(w.mapper.unmap(at, 4 * MiB) == 0);
  CHECK(address(w.map(kPage, 0, 0, at + 5 * kPage)) == at + 5 * kPage);
  const std::uintptr_t elsewhere = address(w.map(kPage, 0, 0, at + 5 * kPage));
  CHECK(elsewhere != at + 5 * kPage);
  CHECK(w.mapper.unmap(at + 5 * kPage, kPage) == 0);
  CHECK(w.mapper.unmap(elsewhere, kPage) == 0);
}

TEST_CASE("something else mapped over ours is not ours any more", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  REQUIRE(kLinux.map(at, 4 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) > 0);
  w.mapper.replaced(at, 4 * kPage);
  CHECK(w.mappings().file == 0);
  CHECK(readable(at));
  CHECK(w.mapper.unmap(at, 4 * kPage) == 0);
  CHECK_FALSE(readable(at));
}

TEST_CASE("protections: as the descriptor allows", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(4 * kPage));
  REQUIRE(w.mapper.protect(at + kPage, kPage, PROT_READ) == 0);
  CHECK(signal_of_store(at + kPage) == SIGSEGV);
  CHECK(signal_of_store(at + 2 * kPage) == 0);
  REQUIRE(w.mapper.protect(at + kPage, kPage, PROT_READ | PROT_WRITE) == 0);
  CHECK(signal_of_store(at + kPage) == 0);
  CHECK(w.mapper.protect(at + 1, kPage, PROT_READ) == -EINVAL);

  const int reader = w.file_on_disk.open(O_RDONLY);
  const int writer = w.file_on_disk.open(O_WRONLY);
  CHECK(w.map(kPage, 0, 0, 0, PROT_READ | PROT_WRITE, reader) == -EACCES);
  CHECK(w.map(kPage, 0, 0, 0, PROT_READ, writer) == -EACCES);
  CHECK(w.map(kPage, 0, 0, 0, PROT_WRITE, writer) == -EACCES);
  const std::uintptr_t read_only = address(w.map(kPage, 0, 0, 0, PROT_READ, reader));
  CHECK(signal_of_store(read_only) == SIGSEGV);
  CHECK(w.mapper.protect(read_only, kPage, PROT_READ | PROT_WRITE) == -EACCES);
  close(reader);
  close(writer);
  CHECK(w.mapper.unmap(read_only, kPage) == 0);
  CHECK(w.mapper.unmap(at, 4 * kPage) == 0);
}

TEST_CASE("who may only read the device can read a file open for both", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  w.open_error = -EACCES;
  const std::uintptr_t at = address(w.map(kPage, 0, 0, 0, PROT_READ));
  CHECK(w.mapper.protect(at, kPage, PROT_READ | PROT_WRITE) == -EACCES);
  CHECK(w.mapper.unmap(at, kPage) == 0);
  DirectFile learned;
  const MapRequest request{
      .length = kPage, .protection = PROT_READ | PROT_WRITE, .flags = MAP_SHARED, .fd = w.fd};
  CHECK(w.mapper.map(request, learned).verdict == Verdict::out_of_reach);
  w.read_error = -ENOENT;
  w.open_error = -ENOENT;
  const MapOutcome gone = w.mapper.map(request, learned);
  CHECK(gone.verdict == Verdict::out_of_reach);
  CHECK(gone.result == -ENODEV);
}

TEST_CASE("a file that is not ours is left to the kernel", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  w.query_error = -ENOTTY;
  DirectFile learned;
  const MapOutcome outcome = w.mapper.map(
      {.length = kPage, .protection = PROT_READ, .flags = MAP_SHARED, .fd = w.fd}, learned);
  CHECK(outcome.verdict == Verdict::not_ours);
  CHECK(outcome.result == -ENODEV);
}

TEST_CASE("a child sees and writes the same memory, and unmaps its own", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const std::uintptr_t at = address(w.map(2 * kPage));
  w.mapper.before_fork();
  const pid_t child = fork();
  w.mapper.after_fork();
  if (child == 0) {
    *static_cast<volatile std::uint64_t*>(pointer(at)) = 99;
    const bool unmapped = w.mapper.unmap(at, 2 * kPage) == 0 && w.mapper.bounds() == Range{};
    _exit(unmapped ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(word_at(static_cast<std::intptr_t>(at)) == 99);
  CHECK(w.mappings().file == 1);
  CHECK(w.mapper.unmap(at, 2 * kPage) == 0);
}
