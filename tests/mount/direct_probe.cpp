// direct_probe frames FILE COPY    a direct map of FILE has the device's own page frames, and
// COPY's bytes direct_probe pin famfs|libc DIR  a mapping keeps the space of a removed file until
// its last part is gone direct_probe exec famfs|libc FILE PROGRAM…  maps FILE and becomes PROGRAM:
// the mapping ends there direct_probe unreachable FILE    famfs_mmap where the device may not be
// opened
#include "direct_calls.h"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace {

int failures = 0;

void check(bool good, const std::string& what) {
  if (!good) {
    printf("FAILED: %s\n", what.c_str());
    ++failures;
  }
}

[[noreturn]] void give_up(const std::string& what) {
  printf("FAILED: %s: %s\n", what.c_str(), strerror(errno));
  exit(1);
}

uint64_t frame_of(int pagemap, const char* at) {
  uint64_t word = 0;
  static_cast<void>(*static_cast<const volatile char*>(at)); // present once touched
  const auto place = static_cast<off_t>(reinterpret_cast<uintptr_t>(at) / kPage * sizeof word);
  if (pread(pagemap, &word, sizeof word, place) != sizeof word) {
    give_up("pagemap");
  }
  return word & ((UINT64_C(1) << 55) - 1);
}

int frames(const char* path, const char* copy) {
  famfs_map* map = nullptr;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || famfs_map_new(fd, &map) != 0) {
    give_up(path);
  }
  const size_t size = famfs_map_size(map);
  auto* file = static_cast<char*>(famfs_mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0));
  const int device_fd = open(famfs_map_device(map), O_RDONLY | O_CLOEXEC);
  auto* device = static_cast<char*>(
      mmap(nullptr, famfs_map_device_size(map), PROT_READ, MAP_SHARED, device_fd, 0));
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (file == MAP_FAILED || device == MAP_FAILED || pagemap < 0) {
    give_up("mmap");
  }
  size_t stretches = 0;
  for (uint64_t offset = 0; offset < size;) {
    famfs_extent at{};
    at.struct_size = sizeof at;
    check(famfs_map_resolve(map, offset, &at) == 0 && at.file_offset == offset, "resolve");
    for (uint64_t i = 0; i < at.length; i += kPage) {
      const uint64_t mine = frame_of(pagemap, file + offset + i);
      check(mine != 0 && mine == frame_of(pagemap, device + at.device_offset + i),
            "page frame at " + std::to_string(offset + i));
    }
    offset += at.length;
    ++stretches;
  }
  std::vector<char> want(size);
  const int copy_fd = open(copy, O_RDONLY | O_CLOEXEC);
  check(read(copy_fd, want.data(), size) == static_cast<ssize_t>(size), "copy");
  check(std::memcmp(want.data(), file, size) == 0, "bytes");
  check(famfs_munmap(file, size) == 0, "munmap");
  printf("%zu bytes in %zu stretches, %zu extents%s\n", size, stretches,
         famfs_map_extent_count(map), famfs_map_is_interleaved(map) ? ", interleaved" : "");
  famfs_map_unref(map);
  return failures;
}

uint64_t free_bytes(const char* folder) {
  struct statvfs s{};
  if (statvfs(folder, &s) != 0) {
    give_up("statvfs");
  }
  return s.f_bfree * s.f_frsize;
}

// The kernel tells the daemon of a last close some time after it.
bool becomes_free(const char* folder, uint64_t want) {
  for (int i = 0; i < 200; ++i) {
    if (free_bytes(folder) == want) {
      return true;
    }
    const timespec pause{0, 50'000'000};
    nanosleep(&pause, nullptr);
  }
  return false;
}

constexpr size_t kHeld = 96UL << 20;

char* map_and_remove(const Calls& calls, const std::string& path) {
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, kHeld) != 0) {
    give_up(path);
  }
  void* const at = calls.map(nullptr, kHeld, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    give_up("mmap of a pending file");
  }
  unlink(path.c_str());
  close(fd);
  std::memset(at, 'h', kHeld);
  return bytes(at);
}

bool holds(const char* at, size_t length) {
  for (size_t i = 0; i < length; i += kPage) {
    if (at[i] != 'h') {
      return false;
    }
  }
  return true;
}

// All space that is left, with other bytes.
void fill(const std::string& path) {
  const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::vector<char> block(2UL << 20, 'x');
  while (write(fd, block.data(), block.size()) > 0) {
  }
  check(errno == ENOSPC, "the device fills");
  unlink(path.c_str()); // pending: frees it again
  close(fd);
}

int pin(const Calls& calls, const std::string& folder) {
  const uint64_t before = free_bytes(folder.c_str());
  char* const at = map_and_remove(calls, folder + "/held");
  check(before - free_bytes(folder.c_str()) >= kHeld, "space is held after unlink and close");
  fill(folder + "/filler");
  check(holds(at, kHeld), "nobody else gets a mapped file's memory");

  int ends[2];
  check(pipe(ends) == 0, "pipe");
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    close(ends[1]);
    static_cast<void>(!read(ends[0], &byte, 1)); // until the parent is done
    const bool good = holds(at, kHeld);
    calls.unmap(at, kHeld);
    _exit(good ? 0 : 1);
  }
  close(ends[0]);
  check(calls.unmap(at, kHeld - kPage) == 0, "munmap of most");
  check(at[kHeld - kPage] == 'h', "the last page stays");
  check(calls.unmap(at, kHeld) == 0, "munmap of the rest");
  fill(folder + "/filler");
  check(before - free_bytes(folder.c_str()) >= kHeld, "a child's mapping holds the space");
  close(ends[1]);
  int status = 0;
  waitpid(child, &status, 0);
  check(status == 0, "the child's bytes");
  check(becomes_free(folder.c_str(), before), "the last munmap gives the space back");
  return failures;
}

int become(const Calls& calls, char** argv) {
  const int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
  if (calls.map(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) {
    give_up("mmap");
  }
  execvp(argv[1], argv + 1);
  give_up(argv[1]);
}

int unreachable(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  check(fd >= 0, "open");
  errno = 0;
  check(famfs_mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES,
        std::string("EACCES, not ") + strerror(errno));
  return failures;
}

} // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "frames" && argc == 4) {
    return frames(argv[2], argv[3]);
  }
  if (what == "pin" && argc == 4) {
    return pin(calls_of(argv[2]), argv[3]);
  }
  if (what == "exec" && argc > 4) {
    return become(calls_of(argv[2]), argv + 3);
  }
  return what == "unreachable" ? unreachable(argv[2]) : 2;
}
