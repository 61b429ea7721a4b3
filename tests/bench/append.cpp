// Appends per second with the cache lines written back for each, through the Writer onto a stand-in
// that is mapped as a device is.
#include "stand_in.h"

#include "base/units.h"
#include "log/writer.h"

#include <benchmark/benchmark.h>

#include <fmt/format.h>

namespace famfs::bench {
namespace {

constexpr std::uint64_t kLogLength = 256 * MiB;
constexpr std::uint64_t kAppends = format::log_capacity(kLogLength) - 1;

void append(benchmark::State& state) {
  const auto memory = make_stand_in(kLogLength + 64 * MiB);
  const format::Geometry geometry = make_file_system(*memory, kLogLength);
  log::Writer writer(*memory, geometry, 0);
  format::FileEntry file{.path = format::RelPath("project-07/run-3/part-1/shard-123456.bin"),
                         .size = 1'500'000,
                         .mode = 0644,
                         .map = {}};
  file.map.extents.push_back(
      {.device = 0, .offset = geometry.data_begin(), .length = format::kAllocUnit});
  const format::EntryBody body = file;
  for (auto _ : state) {
    if (auto appended = writer.append(body); !appended) {
      give_up(appended.error().message);
    }
  }
  state.counters["appends/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["lines/append"] =
      static_cast<double>(writer.lines_written_back()) / static_cast<double>(state.iterations());
}

BENCHMARK(append)->Iterations(kAppends);

} // namespace
} // namespace famfs::bench
