#include "mounted.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace famfs::bench {
namespace {

std::optional<std::string> variable(benchmark::State& state, const char* name) {
  const char* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr || *value == '\0') {
    state.SkipWithError((std::string(name) + " is not set: see tests/bench/run").c_str());
    return std::nullopt;
  }
  return value;
}

bool fill(int fd, std::uint64_t size) {
  const std::vector<char> block(1 << 20, 'b');
  for (std::uint64_t done = 0; done < size;) {
    const ssize_t written =
        ::write(fd, block.data(), std::min<std::uint64_t>(block.size(), size - done));
    if (written <= 0) {
      return false;
    }
    done += static_cast<std::uint64_t>(written);
  }
  return ::fsync(fd) == 0;
}

} // namespace

std::optional<std::string> mount_point(benchmark::State& state) {
  return variable(state, "FAMFS_BENCH_MOUNT");
}

std::optional<std::string> device_path(benchmark::State& state) {
  return variable(state, "FAMFS_BENCH_DEVICE");
}

UniqueFd make_file(const std::string& path, std::uint64_t size) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return {};
  }
  if (static_cast<std::uint64_t>(status.st_size) != size && !fill(file.get(), size)) {
    return {};
  }
  return file;
}

RawMap::RawMap(int fd, std::uint64_t offset, std::uint64_t length) : length_(length) {
  void* const at =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset));
  bytes_ = at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

RawMap::~RawMap() {
  if (bytes_ != nullptr) {
    ::munmap(bytes_, length_);
  }
}

} // namespace famfs::bench
