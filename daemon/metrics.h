// What a mount counts, for METRICS: operations with their latency, errors, bytes, cache lines.
//
// Thread-safe, without locks. Each thread adds to a shard of its own (shared only past kShards
// threads), relaxed: an uncontended add in a cache line that no other thread writes. A snapshot
// sums the shards while they move: each number in it is one that was or will be true, all of them
// together are not of one moment.
#pragma once

#include "base/json_text.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace famfs::daemon {

// As METRICS names them.
inline constexpr auto kOperations = std::to_array<std::string_view>(
    {"access",   "create",      "fallocate", "flush",      "forget",      "forget_multi", "fsync",
     "fsyncdir", "getattr",     "getxattr",  "ioctl",      "link",        "listxattr",    "lookup",
     "lseek",    "mkdir",       "mknod",     "open",       "opendir",     "read",         "readdir",
     "readlink", "readdirplus", "release",   "releasedir", "removexattr", "rename",       "rmdir",
     "setattr",  "setxattr",    "statfs",    "symlink",    "unlink",      "write"});
// Its place in the list; a name that is not there does not compile.
[[nodiscard]] consteval std::size_t operation(std::string_view name) {
  const auto found = std::ranges::find(kOperations, name);
  return found == kOperations.end() ? throw "no such operation" // NOLINT: never at run time
                                    : static_cast<std::size_t>(found - kOperations.begin());
}

enum class Count : std::uint8_t {
  read_bytes,    // copied to programs by read(2)
  written_bytes, // and from them by write(2)
  mapped_bytes,  // of files that were handed out to be mapped: loads and stores pass nobody
  lines_written_back,
  lines_invalidated
};
inline constexpr auto kCounts =
    std::to_array<std::string_view>({"read_bytes", "written_bytes", "mapped_bytes",
                                     "cache_lines_written_back", "cache_lines_invalidated"});

class Metrics {
public:
  using Clock = std::chrono::steady_clock;

  // Bucket i counts what took at most kSmallestBucket << i nanoseconds and fitted no smaller one;
  // the last one, all the rest.
  static constexpr std::uint64_t kSmallestBucket = 1024;
  static constexpr std::size_t kBuckets = 22; // 1 µs to 1 s, each twice the one before, and more
  [[nodiscard]] static std::size_t bucket(std::uint64_t nanoseconds) noexcept;
  // Reading the clock twice is the dearest part of counting, and 1 % of the smallest request.
  static constexpr std::uint64_t kTimed = 16;

  Metrics();

  void add(Count count, std::uint64_t amount) noexcept;
  void failed(int error) noexcept; // a reply with this errno
  // Whether this one is to be timed: the first that this thread meets of the kind, and each
  // kTimed-th after it.
  [[nodiscard]] bool begin(std::size_t operation) noexcept;
  void done(std::size_t operation, Clock::duration took) noexcept; // of one to be timed

  // Operations and errors that were not met are left out: it fits into STATUS's text.
  [[nodiscard]] JsonText json() const;

private:
  using Counter = std::atomic<std::uint64_t>;
  struct Operation {
    Counter count{};
    std::array<Counter, kBuckets> buckets{};
    Counter nanoseconds{};
  };
  static constexpr std::size_t kErrors = 134; // Linux's errnos; 0: any other
  struct alignas(128) Shard {                 // two lines: the prefetcher fetches pairs
    std::array<Operation, kOperations.size()> operations{};
    std::array<Counter, kCounts.size()> counts{};
    std::array<Counter, kErrors> errors{};
  };
  static constexpr std::size_t kShards = 32; // as many as libfuse has threads (connection.cpp)

  [[nodiscard]] Shard& mine() noexcept;
  template <class Pick> [[nodiscard]] std::uint64_t sum(Pick&& pick) const;
  // Of one that was met.
  [[nodiscard]] std::optional<JsonText> operation_json(std::size_t operation) const;

  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

// One operation, from its construction to its end.
class Timed {
public:
  Timed(Metrics& metrics, std::size_t operation) noexcept
      : metrics_(metrics.begin(operation) ? &metrics : nullptr), operation_(operation) {
    if (metrics_ != nullptr) {
      begin_ = Metrics::Clock::now();
    }
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() {
    if (metrics_ != nullptr) {
      metrics_->done(operation_, Metrics::Clock::now() - begin_);
    }
  }

private:
  Metrics* metrics_; // null: not to be timed
  std::size_t operation_;
  Metrics::Clock::time_point begin_;
};

} // namespace famfs::daemon
