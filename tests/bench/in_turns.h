// Two ways of doing one thing, timed in turns in one run: what slows the machine down for a while
// slows both, so that their ratio is steadier than either. Counters: `ratio`, how many times as
// fast ours is (by medians), and both rates.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace famfs::bench {

template <class Work> double seconds(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

// Both do `amount` (bytes, pages) each time; they return the seconds that count. The benchmark is
// registered with UseManualTime().
template <class Ours, class Theirs>
void in_turns(benchmark::State& state, double amount, Ours&& ours, Theirs&& theirs) {
  std::vector<double> our_times;
  std::vector<double> their_times;
  for (auto _ : state) {
    // The one that goes second may find caches and clocks changed by the first.
    const bool first = our_times.size() % 2 == 0;
    if (!first) {
      their_times.push_back(theirs());
    }
    our_times.push_back(ours());
    if (first) {
      their_times.push_back(theirs());
    }
    state.SetIterationTime(our_times.back());
  }
  state.counters["ratio"] = median(their_times) / median(our_times);
  state.counters["ours/s"] = amount / median(our_times);
  state.counters["raw/s"] = amount / median(their_times);
}

} // namespace famfs::bench
