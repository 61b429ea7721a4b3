// What the benchmarks on a mount share: FAMFS_BENCH_MOUNT, a directory of a mounted famfs that may
// be filled, and FAMFS_BENCH_DEVICE, its device. Without them they are skipped.
#pragma once

#include "base/fd.h"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace famfs::bench {

// Tells the state why not.
[[nodiscard]] std::optional<std::string> mount_point(benchmark::State& state);
[[nodiscard]] std::optional<std::string> device_path(benchmark::State& state);

// Committed, every page of it written; of the same size already: as it is. -1 in the descriptor,
// and errno, on failure.
[[nodiscard]] UniqueFd make_file(const std::string& path, std::uint64_t size);

// Shared memory of a file or device, unmapped at the end.
class RawMap {
public:
  RawMap(int fd, std::uint64_t offset, std::uint64_t length);
  RawMap(const RawMap&) = delete;
  RawMap& operator=(const RawMap&) = delete;
  ~RawMap();
  [[nodiscard]] std::byte* bytes() const noexcept { return bytes_; } // nullptr: it failed

private:
  std::byte* bytes_ = nullptr;
  std::uint64_t length_;
};

} // namespace famfs::bench
