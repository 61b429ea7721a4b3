#include "metrics.h"

#include "base/control.h"
#include "told.h"

#include "catch.h"

#include <cerrno>
#include <thread>
#include <vector>

using namespace famfs;
using namespace famfs::daemon;
using namespace std::chrono_literals;

TEST_CASE("metrics: a bucket holds what took at most its bound") {
  CHECK(Metrics::bucket(0) == 0);
  CHECK(Metrics::bucket(1024) == 0);
  CHECK(Metrics::bucket(1025) == 1);
  CHECK(Metrics::bucket(2048) == 1);
  CHECK(Metrics::bucket(2049) == 2);
  CHECK(Metrics::bucket(std::uint64_t{1024} << 20) == 20);
  CHECK(Metrics::bucket((std::uint64_t{1024} << 20) + 1) == 21);
  CHECK(Metrics::bucket(~std::uint64_t{0}) == Metrics::kBuckets - 1);
}

TEST_CASE("metrics: what many threads counted is summed") {
  constexpr int threads = 40; // more than there are shards
  constexpr int times = 1000;
  Metrics metrics;
  {
    std::vector<std::jthread> counting;
    for (int i = 0; i < threads; ++i) {
      counting.emplace_back([&] {
        for (int n = 0; n < times; ++n) {
          (void)metrics.begin(operation("read"));
          metrics.done(operation("read"), 3us);
          metrics.add(Count::read_bytes, 7);
          metrics.failed(EIO);
        }
      });
    }
  }
  const Document told = told_by(metrics);
  CHECK(told["operations"].size() == 1);
  CHECK(told["operations"]["read"]["count"] == threads * times);
  CHECK(told["operations"]["read"]["buckets"][2] == threads * times);
  CHECK(told["operations"]["read"]["nanoseconds"] == std::uint64_t{threads} * times * 3000);
  CHECK(told["read_bytes"] == threads * times * 7);
  CHECK(told["errors"] == Document{{"EIO", threads * times}});
}

TEST_CASE("metrics: all are counted, the first of a kind and every 16th after it timed") {
  Metrics metrics;
  for (int i = 0; i < 33; ++i) {
    const Timed timed(metrics, operation("lookup"));
  }
  const Timed rare(metrics, operation("mkdir"));
  const Document told = told_by(metrics)["operations"];
  CHECK(told["lookup"]["count"] == 33);
  std::uint64_t timed = 0;
  for (const std::uint64_t count : told["lookup"]["buckets"]) {
    timed += count;
  }
  CHECK(timed == 3);
  CHECK(told["mkdir"]["count"] == 1); // though it has not ended
}

TEST_CASE("metrics: an errno that nobody knows is counted too") {
  Metrics metrics;
  metrics.failed(100'000);
  metrics.failed(-1);
  metrics.failed(41); // no name, among those that have one
  CHECK(told_by(metrics)["errors"] == Document{{"other", 3}});
}

// A daemon that serves a hundred thousand requests a second, for a year, of every kind.
TEST_CASE("metrics: the longest document fits into the ioctl") {
  constexpr std::uint64_t many = 3'000'000'000'000;
  Document longest;
  for (const auto name : kOperations) {
    longest["operations"][std::string(name)] = {
        {"count", many},
        {"buckets", std::vector<std::uint64_t>(Metrics::kBuckets, many)},
        {"nanoseconds", many * 1'000'000}};
  }
  CHECK(longest.dump().size() < FAMFS_CONTROL_TEXT - 1500); // the rest: errors and counts
}
