// load_mixed run MOUNT CLIENT MANIFEST   64 threads of mixed operations, each checked; what there
// is
//                                        to be seen afterwards goes to MANIFEST
// load_mixed verify MOUNT MANIFEST       every byte of it, by read and by map
// FAMFS_LOAD_SECONDS (60), FAMFS_SEED.
#include "numbers.h"
#include "worker.h"

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>

namespace famfs::load {
namespace {

constexpr unsigned kThreads = 64;
// With 2 MiB each, and what is larger, within the log and the device that mixed.sh makes.
constexpr std::uint64_t kFiles = 3000, kDirectories = 300;

class Run {
public:
  Run(std::string mount, std::string client)
      : world_{.mount = std::move(mount),
               .client = std::move(client),
               .file_budget{kFiles, kDuration},
               .directory_budget{kDirectories, kDuration},
               .files{},
               .directories{}} {}

  bool all() {
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (unsigned i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i] { one(kSeed + i); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    std::printf("%llu steps, %zu files committed\n", static_cast<unsigned long long>(steps_),
                world_.files.all_committed().size());
    return !failed_;
  }

  void save_to(const char* manifest) const {
    std::ofstream to(manifest);
    for (const FileRef& file : world_.files.all_committed()) {
      save(to, *file);
    }
  }

  static void print_seed() {
    std::printf("FAMFS_SEED=%llu, %lld s\n", static_cast<unsigned long long>(kSeed),
                static_cast<long long>(kDuration.count()));
  }

private:
  inline static const std::uint64_t kSeed = number_from("FAMFS_SEED", std::random_device()());
  inline static const std::chrono::seconds kDuration{number_from("FAMFS_LOAD_SECONDS", 60)};

  void one(std::uint64_t seed) {
    const auto end = std::chrono::steady_clock::now() + kDuration;
    Worker worker(world_, seed);
    try {
      while (!failed_ && std::chrono::steady_clock::now() < end) {
        worker.step();
        ++steps_;
      }
      worker.finish();
    } catch (const std::exception& wrong) {
      failed_ = true;
      std::printf("FAILED: %s\n", wrong.what());
    }
  }

  World world_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> steps_ = 0;
};

void verify_file(const std::string& mount, File& file) {
  const UniqueFd fd(::open((mount + "/" + file.path()).c_str(), O_RDONLY | O_CLOEXEC));
  expect(static_cast<bool>(fd), "open " + file.path());
  const Range all{.first = 0, .count = file.used};
  std::vector<std::byte> bytes(all.bytes() + 1);
  const ssize_t got = ::pread(fd.get(), bytes.data(), bytes.size(), 0);
  expect(got == static_cast<ssize_t>(all.bytes()), "size of " + file.path());
  file.check(all, std::span(bytes).first(all.bytes()), "read afterwards");
  const Mapped map(fd, all, PROT_READ);
  file.check(all, map.bytes(), "a map afterwards");
}

int verify(const std::string& mount, const char* manifest) {
  std::ifstream from(manifest);
  std::size_t count = 0;
  for (FileRef file = load(from); file != nullptr; file = load(from)) {
    verify_file(mount, *file);
    ++count;
  }
  std::printf("%zu files verified\n", count);
  return count > 0 ? 0 : 1;
}

int run(const std::vector<std::string>& args) {
  if (args.size() == 5 && args[1] == "run") {
    Run::print_seed();
    Run run(args[2], args[3]);
    const bool good = run.all();
    run.save_to(args[4].c_str());
    return good ? 0 : 1;
  }
  if (args.size() == 4 && args[1] == "verify") {
    return verify(args[2], args[3].c_str());
  }
  std::fputs("usage: load_mixed run MOUNT CLIENT MANIFEST | verify MOUNT MANIFEST\n", stderr);
  return 2;
}

} // namespace
} // namespace famfs::load

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return famfs::load::run({argv, argv + argc});
  } catch (const std::exception& wrong) {
    std::printf("FAILED: %s\n", wrong.what());
    return 1;
  }
}
