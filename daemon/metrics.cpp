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

std::optional<JsonText> Metrics::operation_json(std::size_t operation) const {
  const std::uint64_t count =
      sum([&](const Shard& s) -> auto& { return s.operations[operation].count; });
  if (count == 0) {
    return std::nullopt;
  }
  JsonText buckets = JsonText::array();
  for (std::size_t i = 0; i < kBuckets; ++i) {
    buckets.push_back(
        sum([&](const Shard& s) -> auto& { return s.operations[operation].buckets[i]; }));
  }
  const std::uint64_t nanoseconds =
      sum([&](const Shard& s) -> auto& { return s.operations[operation].nanoseconds; });
  return JsonText{{"count", count}, {"buckets", buckets}, {"nanoseconds", nanoseconds}};
}

JsonText Metrics::json() const {
  JsonText operations = JsonText::object();
  for (std::size_t i = 0; i < kOperations.size(); ++i) {
    if (const auto one = operation_json(i)) {
      operations.set(kOperations[i], *one);
    }
  }
  JsonText errors = JsonText::object();
  std::uint64_t other = 0;
  for (std::size_t i = 0; i < kErrors; ++i) {
    const std::uint64_t count = sum([&](const Shard& s) -> auto& { return s.errors[i]; });
    const char* const name = i == 0 ? nullptr : ::strerrorname_np(static_cast<int>(i));
    if (name == nullptr) {
      other += count;
    } else if (count != 0) {
      errors.set(name, count);
    }
  }
  if (other != 0) {
    errors.set("other", other);
  }
  JsonText out{
      {"smallest_bucket", kSmallestBucket}, {"operations", operations}, {"errors", errors}};
  for (std::size_t i = 0; i < kCounts.size(); ++i) {
    out.set(kCounts[i], sum([&](const Shard& s) -> auto& { return s.counts[i]; }));
  }
  return out;
}

} // namespace famfs::daemon
