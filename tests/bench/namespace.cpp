// Lookup and readdir through a mount: what goes to the daemon, and what the kernel answers by
// itself.
#include "mounted.h"

#include <cstdlib>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace famfs::bench {
namespace {

constexpr int kFiles = 5'000;

std::string file_name(int i) {
  return "a-file-with-a-name-" + std::to_string(i);
}

// A directory of empty files: they need no space, only slots in the log.
UniqueFd open_directory(benchmark::State& state) {
  const auto mount = mount_point(state);
  if (!mount) {
    return {};
  }
  const std::string path = *mount + "/bench-names";
  ::mkdir(path.c_str(), 0755);
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < kFiles; ++i) {
    const UniqueFd file(
        ::openat(directory.get(), file_name(i).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!file) {
      state.SkipWithError("cannot make the files");
      return {};
    }
  }
  return directory;
}

void per_second(benchmark::State& state, double each) {
  state.counters["calls/s"] = benchmark::Counter(each * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
}

template <class Call> void on_names(benchmark::State& state, Call&& call) {
  const UniqueFd directory = open_directory(state);
  if (!directory) {
    return;
  }
  int i = 0;
  for (auto _ : state) {
    if (!call(directory.get(), i++)) {
      return state.SkipWithError("the call failed");
    }
  }
  per_second(state, 1);
}

// The kernel remembers names and attributes for as long as the daemon allowed it.
void stat_remembered(benchmark::State& state) {
  on_names(state, [](int directory, int i) {
    struct stat status{};
    return ::fstatat(directory, file_name(i % kFiles).c_str(), &status, 0) == 0;
  });
}

void stat_asked(benchmark::State& state) {
  on_names(state, [](int directory, int i) {
    struct statx status{};
    return ::statx(directory, file_name(i % kFiles).c_str(), AT_STATX_FORCE_SYNC, STATX_BASIC_STATS,
                   &status) == 0;
  });
}

// A name that was never asked for is always looked up by the daemon.
void lookup(benchmark::State& state) {
  static int run = 0;
  const std::string prefix =
      "not-there-" + std::to_string(::getpid()) + "-" + std::to_string(run++) + "-";
  on_names(state, [&](int directory, int i) {
    struct stat status{};
    return ::fstatat(directory, (prefix + std::to_string(i)).c_str(), &status, 0) != 0;
  });
}

void readdir_all(benchmark::State& state) {
  const UniqueFd directory = open_directory(state);
  if (!directory) {
    return;
  }
  const bool with_stat = state.range(0) != 0; // as ls -l does
  for (auto _ : state) {
    DIR* const stream =
        ::fdopendir(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    int found = 0;
    while (const dirent* const entry = stream != nullptr ? ::readdir(stream) : nullptr) {
      struct stat status{};
      found += !with_stat ||
               ::fstatat(directory.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    }
    if (stream == nullptr || ::closedir(stream) != 0 || found != kFiles + 2) {
      return state.SkipWithError("readdir did not give every file once");
    }
  }
  per_second(state, kFiles);
}

BENCHMARK(stat_remembered)->UseRealTime();
BENCHMARK(stat_asked)->UseRealTime();
BENCHMARK(lookup)->UseRealTime();
BENCHMARK(readdir_all)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("stat")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace famfs::bench
