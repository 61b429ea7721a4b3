// A direct map (famfs_mmap of a file) against a raw map of the same bytes of the device, in turns:
// what the first touch of each page costs, how fast loads are, what making and ending the map
// costs.
#include "in_turns.h"
#include "mounted.h"

#include "famfs.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/mman.h>

namespace famfs::bench {
namespace {

constexpr std::uint64_t kSize = std::uint64_t{512} << 20;
constexpr std::uint64_t kPage = 4096;

// One file of one extent, and the device beside it.
struct Pair {
  UniqueFd file;
  UniqueFd device;
  std::uint64_t offset = 0; // of the file on the device

  static std::optional<Pair> open(benchmark::State& state) {
    const auto mount = mount_point(state);
    const auto path = device_path(state);
    if (!mount || !path) {
      return std::nullopt;
    }
    Pair pair{make_file(*mount + "/bench-map", kSize),
              UniqueFd(::open(path->c_str(), O_RDWR | O_CLOEXEC))};
    famfs_map* map = nullptr;
    famfs_extent extent{.struct_size = sizeof extent,
                        .file_offset = 0,
                        .device_offset = 0,
                        .length = 0,
                        .device_index = 0,
                        .reserved = 0};
    if (!pair.file || !pair.device || famfs_map_new(pair.file.get(), &map) != 0) {
      state.SkipWithError(std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
      return std::nullopt;
    }
    const bool one = famfs_map_extent_count(map) == 1 && famfs_map_extent(map, 0, &extent) == 0;
    famfs_map_unref(map);
    if (!one) {
      state.SkipWithError("the file is not in one extent: use a fresh file system");
      return std::nullopt;
    }
    pair.offset = extent.device_offset;
    return pair;
  }
};

class DirectMap {
public:
  explicit DirectMap(const Pair& pair)
      : at_(famfs_mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, pair.file.get(), 0)) {}
  DirectMap(const DirectMap&) = delete;
  DirectMap& operator=(const DirectMap&) = delete;
  ~DirectMap() {
    if (at_ != MAP_FAILED) {
      famfs_munmap(at_, kSize);
    }
  }
  [[nodiscard]] std::byte* bytes() const noexcept {
    return at_ == MAP_FAILED ? nullptr : static_cast<std::byte*>(at_);
  }

private:
  void* at_;
};

void touch(std::byte* bytes, bool store) {
  for (std::uint64_t at = 0; at < kSize; at += kPage) {
    auto* const byte = reinterpret_cast<volatile unsigned char*>(bytes + at);
    if (store) {
      *byte = 1;
    } else {
      (void)*byte;
    }
  }
}

// Four sums, so that the loop waits for memory and not for an adder.
void load(const std::byte* bytes) {
  std::uint64_t sums[4] = {};
  for (std::uint64_t at = 0; at < kSize; at += sizeof sums) {
    std::uint64_t words[4];
    std::memcpy(words, bytes + at, sizeof words);
    for (std::size_t i = 0; i < 4; ++i) {
      sums[i] += words[i];
    }
  }
  benchmark::DoNotOptimize(sums);
}

template <class Work> void on_both(benchmark::State& state, double amount, Work&& work) {
  const auto pair = Pair::open(state);
  if (!pair) {
    return;
  }
  const DirectMap direct(*pair);
  const RawMap raw(pair->device.get(), pair->offset, kSize);
  if (direct.bytes() == nullptr || raw.bytes() == nullptr) {
    return state.SkipWithError("cannot map");
  }
  in_turns(state, amount, [&] { return work(direct.bytes()); }, [&] { return work(raw.bytes()); });
}

void load_bandwidth(benchmark::State& state) {
  on_both(state, kSize, [warm = 0](std::byte* bytes) mutable {
    if (warm++ < 2) {
      touch(bytes, false);
    }
    return seconds([&] { load(bytes); });
  });
}

void first_touch(benchmark::State& state) {
  const auto pair = Pair::open(state);
  if (!pair) {
    return;
  }
  const bool store = state.range(0) != 0;
  const auto fresh = [&](auto&& make) {
    const auto map = make();
    if (map->bytes() == nullptr) {
      state.SkipWithError("cannot map");
      return 1.0;
    }
    return seconds([&] { touch(map->bytes(), store); });
  };
  in_turns(
      state, static_cast<double>(kSize / kPage),
      [&] { return fresh([&] { return std::make_unique<DirectMap>(*pair); }); },
      [&] {
        return fresh(
            [&] { return std::make_unique<RawMap>(pair->device.get(), pair->offset, kSize); });
      });
}

void map_and_unmap(benchmark::State& state) {
  const auto pair = Pair::open(state);
  if (!pair) {
    return;
  }
  in_turns(
      state, 1, [&] { return seconds([&] { const DirectMap map(*pair); }); },
      [&] { return seconds([&] { const RawMap map(pair->device.get(), pair->offset, kSize); }); });
}

BENCHMARK(load_bandwidth)->UseManualTime()->Iterations(21)->Unit(benchmark::kMillisecond);
BENCHMARK(first_touch)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("store")
    ->UseManualTime()
    ->Iterations(11)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(map_and_unmap)->UseManualTime()->Iterations(201)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace famfs::bench
