// What fails leaves nothing behind, and what many threads do at once stays true.
#include "world.h"

#include "base/units.h"
#include "catch.h"

#include <atomic>
#include <cerrno>
#include <thread>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::capi;
using namespace famfs::capi::test;

TEST_CASE("a mapping that fails half way is undone", "[mapper]") {
  // Pin, reservation, three pieces, and the pages past the end.
  World w(6 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}, {0, 20 * MiB, 2 * MiB}});
  const World::Count before = w.mappings();
  for (int n = 0; n < 6; ++n) {
    CAPTURE(n);
    // The reservation is tried with two alignments.
    const bool last_resort = n == 1;
    w.fail_map = n;
    const std::intptr_t at = w.map(6 * MiB + kPage);
    if (last_resort && at > 0) {
      CHECK(w.mapper.unmap(static_cast<std::uintptr_t>(at), 6 * MiB + kPage) == 0);
    } else {
      CHECK(at == -ENOMEM);
    }
    CHECK(w.mappings() == before);
    CHECK(w.mapper.bounds() == Range{});
  }
  w.fail_map = -1;
  const std::intptr_t at = w.map(6 * MiB + kPage);
  CHECK(at > 0);
  CHECK(w.mapper.unmap(static_cast<std::uintptr_t>(at), 6 * MiB + kPage) == 0);
}

TEST_CASE("MAP_FIXED that fails leaves a hole and no pin", "[mapper]") {
  World w(4 * MiB, {{0, 40 * MiB, 2 * MiB}, {0, 10 * MiB, 2 * MiB}});
  const auto arena = static_cast<std::uintptr_t>(
      kLinux.map(0, 4 * MiB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const World::Count before = w.mappings();
  w.fail_map = 3; // the second piece
  CHECK(w.map(4 * MiB, 0, MAP_FIXED, arena) == -ENOMEM);
  w.fail_map = -1;
  CHECK(w.mappings() == before);
  CHECK(w.mapper.bounds() == Range{});
  CHECK(w.mapper.unmap(arena, 4 * MiB) == 0);
}

TEST_CASE("arguments are refused as mmap(2) refuses them", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  CHECK(w.map(0) == -EINVAL);
  CHECK(w.map(kPage, 1) == -EINVAL);
  CHECK(w.map(kPage, std::uint64_t{INT64_MAX} / kPage * kPage) == -EOVERFLOW);
  CHECK(w.map(kPage, UINT64_MAX - kPage + 1) == -EOVERFLOW);
  CHECK(w.map(SIZE_MAX) == -ENOMEM);
  CHECK(w.map(std::size_t{1} << 60) == -ENOMEM);
  CHECK(w.map(kPage, 0, 0, 0, PROT_READ, 9999) == -EBADF);
  CHECK(w.queries <= 1); // none of them is the daemon's business
}

TEST_CASE("munmap refuses what munmap(2) refuses", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  const auto at = static_cast<std::uintptr_t>(w.map(4 * kPage));
  CHECK(w.mapper.unmap(at + 1, kPage) == -EINVAL);
  CHECK(w.mapper.unmap(at, 0) == -EINVAL);
  CHECK(w.mapper.unmap(at, SIZE_MAX - at) == -EINVAL);
  CHECK(w.mapper.unmap(at, SIZE_MAX) == -EINVAL);
  CHECK(w.mapper.unmap(at, 3 * kPage + 1) == 0);
  CHECK(w.mappings().file == 0);
}

TEST_CASE("threads map and unmap while others fork", "[mapper]") {
  World w(2 * MiB, {{0, 40 * MiB, 2 * MiB}});
  std::atomic<int> wrong{0};
  const auto work = [&](unsigned id) {
    for (std::size_t i = 0; i < 200; ++i) {
      const std::size_t page = (i * 7 + id) % 256;
      DirectFile learned;
      const MapOutcome outcome = w.mapper.map({.length = 4 * kPage,
                                               .protection = PROT_READ,
                                               .flags = MAP_SHARED,
                                               .fd = w.fd,
                                               .offset = page * kPage},
                                              learned);
      const auto at = static_cast<std::uintptr_t>(outcome.result);
      if (outcome.verdict != Verdict::mapped ||
          word_at(outcome.result) != 40 * MiB + page * kPage ||
          w.mapper.protect(at + kPage, kPage, PROT_NONE) != 0 ||
          w.mapper.unmap(at + 2 * kPage, kPage) != 0 || w.mapper.unmap(at, 4 * kPage) != 0) {
        ++wrong;
      }
    }
  };
  std::thread threads[] = {std::thread(work, 1), std::thread(work, 2), std::thread(work, 3)};
  for (int i = 0; i < 20; ++i) {
    w.mapper.before_fork();
    const pid_t child = fork();
    w.mapper.after_fork();
    if (child == 0) {
      DirectFile learned;
      const MapOutcome outcome = w.mapper.map(
          {.length = kPage, .protection = PROT_READ, .flags = MAP_SHARED, .fd = w.fd}, learned);
      _exit(outcome.verdict == Verdict::mapped ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    wrong += status != 0 ? 1 : 0;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  CHECK(w.mappings().file == 0);
  CHECK(w.mappings().device == 0);
}
