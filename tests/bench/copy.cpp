// Copying into the file system against memcpy from the same file to the same memory, warm, in
// turns: with what `famfs cp` copies with, by memcpy into a direct map, and by write(2) as cp(1)
// does.
#include "in_turns.h"
#include "mounted.h"

#include "copy_engine.h"
#include "famfs.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace famfs::bench {
namespace {

constexpr std::uint64_t kSize = std::uint64_t{512} << 20;
constexpr std::uint64_t kBlock = 1 << 20; // what cp(1) and write(2) move at a time

// A source on tmpfs, a committed file, and raw maps of both; every page touched.
struct Bed {
  UniqueFd source;
  UniqueFd file;
  std::unique_ptr<RawMap> from;
  std::unique_ptr<RawMap> to;

  static std::unique_ptr<Bed> make(benchmark::State& state) {
    const auto mount = mount_point(state);
    const auto device = device_path(state);
    if (!mount || !device) {
      return nullptr;
    }
    auto bed = std::make_unique<Bed>();
    const std::string source = "/dev/shm/famfs-bench." + std::to_string(::getpid());
    bed->source = make_file(source, kSize);
    ::unlink(source.c_str());
    bed->file = make_file(*mount + "/bench-copy", kSize);
    const UniqueFd raw(::open(device->c_str(), O_RDWR | O_CLOEXEC));
    const auto offset = bed->file ? device_offset(bed->file.get()) : std::nullopt;
    if (!bed->source || !raw || !offset) {
      state.SkipWithError("cannot make source and file (the file in one extent)");
      return nullptr;
    }
    bed->from = std::make_unique<RawMap>(bed->source.get(), 0, kSize);
    bed->to = std::make_unique<RawMap>(raw.get(), *offset, kSize);
    if (bed->from->bytes() == nullptr || bed->to->bytes() == nullptr) {
      state.SkipWithError("cannot map");
      return nullptr;
    }
    bed->memcpy_raw(1);
    return bed;
  }

  // In as many parts as threads.
  void memcpy_raw(unsigned threads) const { memcpy_to(to->bytes(), threads); }
  void memcpy_to(std::byte* target, unsigned threads) const {
    std::vector<std::jthread> others;
    const std::uint64_t part = kSize / threads;
    for (unsigned i = 1; i < threads; ++i) {
      others.emplace_back(
          [&, i] { std::memcpy(target + i * part, from->bytes() + i * part, part); });
    }
    std::memcpy(target, from->bytes(), part);
  }

private:
  static std::optional<std::uint64_t> device_offset(int fd) {
    famfs_map* map = nullptr;
    famfs_extent extent{.struct_size = sizeof extent,
                        .file_offset = 0,
                        .device_offset = 0,
                        .length = 0,
                        .device_index = 0,
                        .reserved = 0};
    if (famfs_map_new(fd, &map) != 0) {
      return std::nullopt;
    }
    const bool one = famfs_map_extent_count(map) == 1 && famfs_map_extent(map, 0, &extent) == 0;
    famfs_map_unref(map);
    return one ? std::optional(extent.device_offset) : std::nullopt;
  }
};

unsigned threads_of(const benchmark::State& state) {
  return state.range(0) != 0 ? static_cast<unsigned>(state.range(0))
                             : std::max(1U, std::thread::hardware_concurrency());
}

void famfs_cp(benchmark::State& state) {
  const auto bed = Bed::make(state);
  if (!bed) {
    return;
  }
  const unsigned threads = threads_of(state);
  const auto content =
      tools::file_content(bed->source.get(), kSize, "source", tools::Reading::mapped);
  const auto target = tools::famfs_target(bed->file.get(), kSize, "file", true);
  const auto copy_once = [&] {
    const auto copied = tools::copy(*content, *target, {.size = kSize, .threads = threads});
    if (!copied) {
      state.SkipWithError(copied.error().message.c_str());
    }
  };
  copy_once();
  in_turns(
      state, kSize, [&] { return seconds(copy_once); },
      [&] { return seconds([&] { bed->memcpy_raw(threads); }); });
}

void memcpy_direct(benchmark::State& state) {
  const auto bed = Bed::make(state);
  if (!bed) {
    return;
  }
  void* const at =
      famfs_mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, bed->file.get(), 0);
  if (at == MAP_FAILED) {
    return state.SkipWithError("cannot map directly");
  }
  auto* const direct = static_cast<std::byte*>(at);
  bed->memcpy_to(direct, 1);
  in_turns(
      state, kSize, [&] { return seconds([&] { bed->memcpy_to(direct, 1); }); },
      [&] { return seconds([&] { bed->memcpy_raw(1); }); });
  famfs_munmap(at, kSize);
}

void write_call(benchmark::State& state) {
  const auto bed = Bed::make(state);
  if (!bed) {
    return;
  }
  const auto write_once = [&] {
    for (std::uint64_t at = 0; at < kSize; at += kBlock) {
      if (::pwrite(bed->file.get(), bed->from->bytes() + at, kBlock, static_cast<off_t>(at)) !=
          static_cast<ssize_t>(kBlock)) {
        return state.SkipWithError("write failed");
      }
    }
  };
  in_turns(
      state, kSize, [&] { return seconds(write_once); },
      [&] { return seconds([&] { bed->memcpy_raw(1); }); });
}

void read_call(benchmark::State& state) {
  const auto bed = Bed::make(state);
  if (!bed) {
    return;
  }
  std::vector<std::byte> buffer(kBlock);
  const auto read_once = [&] {
    for (std::uint64_t at = 0; at < kSize; at += kBlock) {
      if (::pread(bed->file.get(), buffer.data(), kBlock, static_cast<off_t>(at)) !=
          static_cast<ssize_t>(kBlock)) {
        return state.SkipWithError("read failed");
      }
    }
  };
  const auto memcpy_once = [&] {
    for (std::uint64_t at = 0; at < kSize; at += kBlock) {
      std::memcpy(buffer.data(), bed->to->bytes() + at, kBlock);
      benchmark::DoNotOptimize(buffer.data());
    }
  };
  in_turns(state, kSize, [&] { return seconds(read_once); }, [&] { return seconds(memcpy_once); });
}

// threads 0: as many as there are cores, for both.
BENCHMARK(famfs_cp)->Arg(1)->Arg(0)->ArgName("threads")->UseManualTime()->Iterations(11)->Unit(
    benchmark::kMillisecond);
BENCHMARK(memcpy_direct)->UseManualTime()->Iterations(11)->Unit(benchmark::kMillisecond);
BENCHMARK(write_call)->UseManualTime()->Iterations(11)->Unit(benchmark::kMillisecond);
BENCHMARK(read_call)->UseManualTime()->Iterations(11)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace famfs::bench
