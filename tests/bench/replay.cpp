// Entries replayed per second, on one core: the whole of what a mount does, and the reader alone.
#include "stand_in.h"

#include "base/units.h"
#include "log/reader.h"
#include "log/writer.h"
#include "volume/volume.h"

#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include <array>

namespace famfs::bench {
namespace {

constexpr std::uint64_t kFiles = 500'000;
constexpr std::uint64_t kDirectories = 3'000;
constexpr std::uint64_t kEntries = kFiles + kDirectories;
constexpr std::uint64_t kLogLength = 512 * MiB;

enum Order : std::int64_t {
  by_directory, // as cp -r and tar leave it
  scattered,    // each file in another directory than the one before
};

std::string directory_path(std::uint64_t i) {
  // Three levels: 30 projects, 10 runs each, 10 parts each; parents come first.
  const std::uint64_t project = i / 100;
  const std::uint64_t run = i / 10 % 10;
  if (i % 100 == 0) {
    return fmt::format("project-{:02}", project);
  }
  if (i % 10 == 0) {
    return fmt::format("project-{:02}/run-{}", project, run);
  }
  return i / 10 % 10 == 0 ? fmt::format("project-{:02}/part-{}", project, i % 10)
                          : fmt::format("project-{:02}/run-{}/part-{}", project, run, i % 10);
}

void append(log::Writer& writer, const format::EntryBody& body) {
  if (auto appended = writer.append(body); !appended) {
    give_up(appended.error().message);
  }
}

void fill(media::Memory& memory, Order order) {
  const format::Geometry geometry = make_file_system(memory, kLogLength);
  log::Writer writer(memory, geometry, 0);
  for (std::uint64_t i = 0; i < kDirectories; ++i) {
    append(writer, format::MkdirEntry{.path = format::RelPath(directory_path(i)), .mode = 0755});
  }
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    const std::uint64_t directory =
        order == by_directory ? i * kDirectories / kFiles : i * 7919 % kDirectories;
    format::FileEntry file{
        .path = format::RelPath(fmt::format("{}/shard-{:06}.bin", directory_path(directory), i)),
        .size = 1'500'000,
        .mode = 0644,
        .map = {}};
    file.map.extents.push_back({.device = 0,
                                .offset = geometry.data_begin() + i * format::kAllocUnit,
                                .length = format::kAllocUnit});
    append(writer, file);
  }
}

// Made once each: making them takes longer than replaying.
media::Memory& image(bool device, Order order) {
  static std::array<std::unique_ptr<media::Memory>, 4> images;
  auto& memory = images[(device ? 2U : 0U) + static_cast<std::size_t>(order)];
  if (!memory) {
    const std::uint64_t size = 1 * GiB + kFiles * format::kAllocUnit;
    memory = device ? make_stand_in(size) : make_ram(size);
    fill(*memory, order);
  }
  return *memory;
}

class Silent final : public log::Reporter {
public:
  void fault(const format::Fault& fault) override { give_up(format::describe(fault)); }
};

void rate(benchmark::State& state) {
  state.counters["entries/s"] =
      benchmark::Counter(static_cast<double>(kEntries) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void open_volume(benchmark::State& state, bool device) {
  media::Memory& memory = image(device, static_cast<Order>(state.range(0)));
  Silent reporter;
  for (auto _ : state) {
    auto opened = volume::Volume::open(memory, {}, reporter);
    state.PauseTiming();
    if (!opened || (*opened)->usage().files != kFiles) {
      give_up(opened ? "files are missing" : opened.error().message);
    }
    opened->reset();
    state.ResumeTiming();
  }
  rate(state);
}

void replay_ram(benchmark::State& state) {
  open_volume(state, false);
}
void replay_stand_in(benchmark::State& state) {
  open_volume(state, true);
}

// What of it is reading, checking and decoding.
void reader_alone(benchmark::State& state) {
  media::Memory& memory = image(false, by_directory);
  const log::Reader reader(
      memory,
      {.device_size = memory.size(), .log_length = kLogLength, .alloc_unit = format::kAllocUnit});
  Silent reporter;
  const log::Apply ignore = [](std::uint64_t, const format::Entry&) { return std::nullopt; };
  for (auto _ : state) {
    auto replayed = reader.replay(0, ignore, reporter);
    benchmark::DoNotOptimize(replayed);
  }
  rate(state);
}

BENCHMARK(reader_alone)->Unit(benchmark::kMillisecond);
BENCHMARK(replay_ram)
    ->Arg(by_directory)
    ->Arg(scattered)
    ->ArgName("scattered")
    ->Unit(benchmark::kMillisecond);
BENCHMARK(replay_stand_in)
    ->Arg(by_directory)
    ->Arg(scattered)
    ->ArgName("scattered")
    ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace famfs::bench
