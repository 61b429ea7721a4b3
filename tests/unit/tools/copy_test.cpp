// The copy engine: every byte arrives, with any number of threads, and errors end it.
#include "copy_engine.h"
#include "support.h"

#include "base/units.h"

#include "catch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

namespace {

UniqueFd open_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
}

std::string seeded_file(const Scratch& scratch, const std::string& name, std::uint64_t size) {
  const std::string path = scratch.device(name, size);
  const UniqueFd fd = open_file(path);
  const auto target = famfs_target(fd.get(), size, path, true);
  REQUIRE(copy(*seeded_content(77), *target, {.size = size}).has_value());
  return path;
}

// As a direct map is: the memory itself.
std::unique_ptr<Target> map(int fd, std::uint64_t size, const std::string& path) {
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(at != MAP_FAILED);
  return mapped_target(static_cast<std::byte*>(at), size, path, true);
}

class Failing final : public Content {
  Result<Bytes> bytes(std::uint64_t offset, MutableBytes scratch) const override {
    if (offset >= 8 * MiB) {
      return fail(Errc::io, "bad page");
    }
    return scratch;
  }
};

} // namespace

TEST_CASE("Copies are whole for sizes around pieces, chunks and pages") {
  Scratch scratch;
  for (const std::uint64_t size : {1UL, 3UL, 63UL, 4'096UL, 4'097UL, 262'143UL, 262'145UL,
                                   2'097'152UL, 2'097'153UL, 9'437'185UL}) {
    const std::string source = seeded_file(scratch, "source", size);
    const UniqueFd from = open_file(source);
    for (const unsigned threads : {1U, 3U, 0U}) {
      for (const Reading reading : {Reading::mapped, Reading::copied}) {
        CAPTURE(size, threads, static_cast<int>(reading));
        const std::string path = scratch.device("copy", size);
        const UniqueFd to = open_file(path);
        const auto content = file_content(from.get(), size, source, reading);
        for (const bool direct : {true, false}) {
          REQUIRE(::ftruncate(to.get(), 0) == 0);
          REQUIRE(::ftruncate(to.get(), static_cast<off_t>(size)) == 0);
          const auto target =
              direct ? map(to.get(), size, path) : famfs_target(to.get(), size, path, true);
          REQUIRE(copy(*content, *target, {.size = size, .threads = threads}).has_value());
          CHECK(slurp(path) == slurp(source));
        }
      }
    }
  }
}

TEST_CASE("Compare finds the first difference") {
  Scratch scratch;
  constexpr std::uint64_t kSize = 20 * MiB + 5;
  const std::string path = seeded_file(scratch, "file", kSize);
  const UniqueFd fd = open_file(path);
  const auto target = famfs_target(fd.get(), kSize, path, true);
  CHECK(!compare(*seeded_content(77), *target, {.size = kSize})->has_value());
  for (const std::uint64_t at : {kSize - 1, 11 * MiB + 1, 3 * MiB, std::uint64_t{0}}) {
    std::byte wrong{};
    REQUIRE(target->get(at, MutableBytes(&wrong, 1)).has_value());
    wrong ^= std::byte{1};
    REQUIRE(target->put(at, Bytes(&wrong, 1)).has_value());
    for (const unsigned threads : {1U, 4U}) {
      CHECK(*compare(*seeded_content(77), *target, {.size = kSize, .threads = threads}) == at);
    }
  }
}

TEST_CASE("A copy stops at an error and at an interrupt") {
  Scratch scratch;
  constexpr std::uint64_t kSize = 32 * MiB;
  const std::string path = scratch.device("file", kSize);
  const UniqueFd fd = open_file(path);
  const auto target = famfs_target(fd.get(), kSize, path, true);
  for (const unsigned threads : {1U, 4U}) {
    const auto failed = copy(Failing{}, *target, {.size = kSize, .threads = threads});
    REQUIRE(!failed);
    CHECK(failed.error().code == Errc::io);
  }
  const std::atomic<bool> yes{true};
  const auto stopped = copy(*seeded_content(1), *target, {.size = kSize, .interrupted = &yes});
  REQUIRE(!stopped);
  CHECK(stopped.error().code == Errc::interrupted);
}

TEST_CASE("A source or a device that is cut meanwhile is an error, not a signal") {
  Scratch scratch;
  constexpr std::uint64_t kSize = 8 * MiB;
  const auto cut = [&](const std::string& name) {
    const std::string path = seeded_file(scratch, name, kSize);
    return std::pair{path, open_file(path)};
  };
  const auto fails = [](const Result<void>& result) {
    return !result && result.error().code == Errc::io;
  };
  const auto [source, from] = cut("source");
  const auto [path, to] = cut("file");
  const auto target = map(to.get(), kSize, path);
  const auto through_daemon = famfs_target(to.get(), kSize, path, true);
  const auto mapped = file_content(from.get(), kSize, source, Reading::mapped);
  const auto copied = file_content(from.get(), kSize, source, Reading::copied);
  REQUIRE(::ftruncate(from.get(), 1 * MiB) == 0);
  for (Target* const each : {target.get(), through_daemon.get()}) {
    CHECK(fails(copy(*mapped, *each, {.size = kSize})));
    CHECK(fails(copy(*copied, *each, {.size = kSize})));
  }
  REQUIRE(::ftruncate(to.get(), 1 * MiB) == 0);
  CHECK(fails(copy(*seeded_content(1), *target, {.size = kSize})));
  const auto compared = compare(*seeded_content(1), *target, {.size = kSize});
  REQUIRE(!compared);
  CHECK(compared.error().code == Errc::io);
}
