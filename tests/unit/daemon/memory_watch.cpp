#include "memory_watch.h"

#include "catch.h"

#include <array>
#include <mutex>
#include <vector>

using famfs::daemon::MemoryWatch;
using famfs::media::BadRange;

namespace {

struct Reports {
  void operator()(const BadRange& range) {
    const std::lock_guard lock(mutex);
    all.push_back(range);
  }
  std::mutex mutex;
  std::vector<BadRange> all;
};

MemoryWatch::Report into(Reports& reports) {
  return [&reports](const BadRange& range) { reports(range); };
}

} // namespace

TEST_CASE("memory watch: what was met is reported, before and after it starts, and when it stops") {
  Reports reports;
  std::array<std::byte, 64> memory{};
  MemoryWatch watch(into(reports));
  watch.met({10, 5});
  watch.settle(); // nobody listens yet, and nobody waits
  watch.start(memory.data(), memory.size());
  watch.settle();
  CHECK(reports.all == std::vector<BadRange>{{10, 5}});
  watch.met({20, 5});
  watch.settle();
  CHECK(reports.all.size() == 2);
  watch.met({30, 5});
  watch.stop();
  CHECK(reports.all.size() == 3);
  watch.met({40, 5});
  watch.stop();
  CHECK(reports.all.size() == 4);
}

TEST_CASE("memory watch: what is gathered is one report") {
  Reports reports;
  std::array<std::byte, 64> memory{};
  MemoryWatch watch(into(reports));
  watch.start(memory.data(), memory.size());
  {
    const auto gathered = watch.gather();
    for (std::uint64_t page = 0; page < 100; ++page) {
      watch.met({page * 4096, 4096});
    }
  }
  watch.settle();
  CHECK(reports.all == std::vector<BadRange>{{0, 409600}});
}

TEST_CASE("memory watch: more than it can keep is no harm") {
  Reports reports;
  std::array<std::byte, 64> memory{};
  MemoryWatch watch(into(reports));
  for (std::uint64_t i = 0; i < 100000; ++i) {
    watch.met({i * 8192, 4096});
  }
  watch.start(memory.data(), memory.size());
  watch.settle();
  CHECK(reports.all.size() == 1024);
}
