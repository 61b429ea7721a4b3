#include "metrics.h"

#include <bit>
#include <cstring>
#include <string>

namespace famfs::daemon {
namespace {

std::size_t thread_number() noexcept {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

std::uint64_t raise(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  return counter.fetch_add(amount, std::memory_order_relaxed);
}

} // namespace

Metrics::Metrics() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}

std::size_t Metrics::bucket(std::uint64_t nanoseconds) noexcept {
  constexpr int smallest = std::bit_width(kSmallestBucket - 1);
  if (nanoseconds <= kSmallestBucket) {
    return 0;
  }
  const auto place = static_cast<std::size_t>(std::bit_width(nanoseconds - 1) - smallest);
  return std::min(place, kBuckets - 1);
}

Metrics::Shard& Metrics::mine() noexcept {
  return (*shards_)[thread_number() % kShards];
}

void Metrics::add(Count count, std::uint64_t amount) noexcept {
  raise(mine().counts[static_cast<std::size_t>(count)], amount);
}

void Metrics::failed(int error) noexcept {
  const auto number = static_cast<std::size_t>(error);
  raise(mine().errors[number < kErrors ? number : 0], 1);
}

bool Metrics::begin(std::size_t operation) noexcept {
  return raise(mine().operations[operation].count, 1) % kTimed == 0;
}

void Metrics::done(std::size_t operation, Clock::duration took) noexcept {
  const auto nanoseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  Operation& counters = mine().operations[operation];
  raise(counters.buckets[bucket(nanoseconds)], 1);
  raise(counters.nanoseconds, nanoseconds);
}

template <class Pick> std::uint64_t Metrics::sum(Pick&& pick) const {
  std::uint64_t total = 0;
  for (const Shard& shard : *shards_) {
    total += pick(shard).load(std::memory_order_relaxed);
  }
  return total;
}

Document Metrics::operation_document(std::size_t operation) const {
  const std::uint64_t count =
      sum([&](const Shard& s) -> auto& { return s.operations[operation].count; });
  if (count == 0) {
    return nullptr;
  }
  std::vector<std::uint64_t> buckets(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    buckets[i] = sum([&](const Shard& s) -> auto& { return s.operations[operation].buckets[i]; });
  }
  return {{"count", count}, {"buckets", buckets}, {"nanoseconds", sum([&](const Shard& s) -> auto& {
                                                     return s.operations[operation].nanoseconds;
                                                   })}};
}

Document Metrics::document() const {
  Document operations = Document::object();
  for (std::size_t i = 0; i < kOperations.size(); ++i) {
    if (Document one = operation_document(i); !one.is_null()) {
      operations[std::string(kOperations[i])] = std::move(one);
    }
  }
  Document errors = Document::object();
  for (std::size_t i = 0; i < kErrors; ++i) {
    if (const std::uint64_t count = sum([&](const Shard& s) -> auto& { return s.errors[i]; })) {
      const char* const name = ::strerrorname_np(static_cast<int>(i));
      errors[i == 0 || name == nullptr ? "other" : name] = count;
    }
  }
  Document out{{"smallest_bucket", kSmallestBucket}};
  out["operations"] = std::move(operations);
  out["errors"] = std::move(errors);
  for (std::size_t i = 0; i < kCounts.size(); ++i) {
    out[std::string(kCounts[i])] = sum([&](const Shard& s) -> auto& { return s.counts[i]; });
  }
  return out;
}

} // namespace famfs::daemon
