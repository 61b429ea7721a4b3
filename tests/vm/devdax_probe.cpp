// What a direct map does on a real devdax, seen from a program that has one.
//   faults FILE          page faults and page size that a walk over the file costs
//   trap FILE            offsets that the kernel would map wrongly are mapped rightly, or refused
//   hold FILE            maps, says so, and touches every page at each line of input: SIGBUS is
//   told spin FILE OFFSET     loads one byte for ever, until SIGBUS, which is told poison FILE
//   OFFSET   MADV_HWPOISON on the page that holds it
#include <famfs.h>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHuge = 2UL << 20;

[[noreturn]] void give_up(const std::string& what) {
  printf("FAILED: %s: %s\n", what.c_str(), strerror(errno));
  exit(1);
}

struct File {
  int fd = -1;
  size_t size = 0;
};

File open_file(const char* path) {
  struct stat status{};
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    give_up(path);
  }
  return {.fd = fd, .size = static_cast<size_t>(status.st_size)};
}

char* map_file(const File& file) {
  void* const at = famfs_mmap(nullptr, file.size, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  if (at == MAP_FAILED) {
    give_up("famfs_mmap");
  }
  return static_cast<char*>(at);
}

void touch(const char* at) {
  static_cast<void>(*static_cast<const volatile char*>(at));
}

// "Size" or "KernelPageSize" of the mapping at an address, in kB.
long smaps_value(const void* at, const char* name) {
  FILE* const smaps = fopen("/proc/self/smaps", "re");
  char line[512];
  bool inside = false;
  long value = -1;
  while (smaps != nullptr && value < 0 && fgets(line, sizeof line, smaps) != nullptr) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
      inside = reinterpret_cast<uintptr_t>(at) >= begin && reinterpret_cast<uintptr_t>(at) < end;
    } else if (inside && std::strncmp(line, name, std::strlen(name)) == 0) {
      value = std::strtol(line + std::strlen(name) + 1, nullptr, 10);
    }
  }
  if (smaps != nullptr) {
    static_cast<void>(fclose(smaps));
  }
  return value;
}

long minor_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

// A fault for each page that the kernel has to map: of 2 MiB, or of 4 KiB.
int faults(const char* path) {
  const File file = open_file(path);
  const char* const at = map_file(file);
  static_cast<void>(minor_faults());
  const long before = minor_faults();
  for (size_t i = 0; i < file.size; i += kPage) {
    touch(at + i);
  }
  const long after = minor_faults();
  printf("%ld faults for %zu bytes, pages of %ld kB\n", after - before, file.size,
         smaps_value(at, "KernelPageSize:"));
  return 0;
}

// Every page of the file begins with its number, so that wrong bytes are known as such.
int trap(const char* path) {
  const File file = open_file(path);
  std::vector<uint64_t> page(kPage / sizeof(uint64_t));
  for (size_t i = 0; i < file.size; i += kPage) {
    page[0] = 0xfa3f5000000 + i / kPage;
    if (pwrite(file.fd, page.data(), kPage, static_cast<off_t>(i)) != kPage) {
      give_up("pwrite");
    }
  }
  // Aligned, and far from where the kernel puts anything by itself: free throughout.
  char* const aligned = reinterpret_cast<char*>(uintptr_t{0x500000000000}); // NOLINT
  int wrong = 0;
  for (const size_t offset : {size_t{0}, kPage, kHuge / 2, kHuge, kHuge + kPage, 3 * kPage}) {
    for (const int flags : {MAP_SHARED, MAP_SHARED | MAP_FIXED}) {
      void* const at =
          famfs_mmap(aligned, kPage, PROT_READ, flags, file.fd, static_cast<off_t>(offset));
      const bool fixed = (flags & MAP_FIXED) != 0;
      const bool refused = at == MAP_FAILED;
      const uint64_t want = 0xfa3f5000000 + offset / kPage;
      const bool good = refused ? fixed && errno == EINVAL : *static_cast<uint64_t*>(at) == want;
      printf("offset %zu%s: %s%s\n", offset, fixed ? ", fixed" : "",
             refused ? strerror(errno) : "mapped", good ? "" : ": WRONG");
      wrong += good ? 0 : 1;
      if (!refused) {
        famfs_munmap(at, kPage);
      }
    }
  }
  // The same of the device itself: what the library protects from.
  famfs_map* map = nullptr;
  famfs_extent extent{};
  extent.struct_size = sizeof extent;
  if (famfs_map_new(file.fd, &map) != 0 || famfs_map_resolve(map, kPage, &extent) != 0) {
    give_up("map");
  }
  const int device = open(famfs_map_device(map), O_RDONLY | O_CLOEXEC);
  const void* const raw = mmap(aligned, kHuge, PROT_READ, MAP_SHARED | MAP_FIXED, device,
                               static_cast<off_t>(extent.device_offset));
  printf("raw: %s\n", raw == MAP_FAILED                                     ? strerror(errno)
                      : *static_cast<const uint64_t*>(raw) == 0xfa3f5000001 ? "the right bytes"
                                                                            : "other bytes");
  return wrong;
}

sigjmp_buf back;
volatile sig_atomic_t bus_code;
volatile sig_atomic_t bus_bits;

void on_bus(int /*signal*/, siginfo_t* info, void* /*context*/) {
  bus_code = info->si_code;
  bus_bits = info->si_addr_lsb;
  siglongjmp(back, 1);
}

// "sigbus CODE at PAGE-OFFSET", or "whole".
void walk(const char* at, size_t size) {
  static volatile size_t reached;
  if (sigsetjmp(back, 1) != 0) {
    printf("sigbus code %d at %zu\n", static_cast<int>(bus_code), static_cast<size_t>(reached));
    return;
  }
  for (size_t i = 0; i < size; i += kPage) {
    reached = i;
    touch(at + i);
  }
  printf("whole\n");
}

int hold(const char* path) {
  const File file = open_file(path);
  const char* const at = map_file(file);
  struct sigaction action{};
  action.sa_sigaction = on_bus;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  // As a program that wants to know of poison before it touches it; the others learn by a load.
  prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
  static volatile bool waiting;
  static char line[64];
  printf("mapped\n");
  static_cast<void>(fflush(stdout));
  for (;;) {
    if (sigsetjmp(back, 1) != 0 && waiting) {
      printf("sigbus code %d while waiting\n", static_cast<int>(bus_code));
      static_cast<void>(fflush(stdout));
    }
    waiting = true;
    if (read(STDIN_FILENO, line, sizeof line) <= 0) {
      return 0;
    }
    waiting = false;
    walk(at, file.size);
    static_cast<void>(fflush(stdout));
  }
}

// A machine check is taken on the processor that runs it, which must be in user mode then.
int spin(const char* path, size_t offset) {
  const char* const at = map_file(open_file(path)) + offset;
  struct sigaction action{};
  action.sa_sigaction = on_bus;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  touch(at);
  printf("spinning\n");
  static_cast<void>(fflush(stdout));
  if (sigsetjmp(back, 1) == 0) {
    for (;;) {
      touch(at);
    }
  }
  printf("sigbus code %d\n", static_cast<int>(bus_code));
  return 0;
}

int poison(const char* path, size_t offset) {
  const File file = open_file(path);
  char* const at = map_file(file);
  struct sigaction action{};
  action.sa_sigaction = on_bus;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  touch(at + offset);
  if (sigsetjmp(back, 1) != 0) {
    printf("poisoned: sigbus code %d, 2^%d bytes\n", static_cast<int>(bus_code),
           static_cast<int>(bus_bits));
    return 0;
  }
  const int result = madvise(at + offset / kPage * kPage, kPage, MADV_HWPOISON);
  printf("poisoned: %s\n", result == 0 ? "no signal" : strerror(errno));
  return result == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  setlinebuf(stdout); // what was said before a signal must be seen
  if (what == "faults") {
    return faults(argv[2]);
  }
  if (what == "trap") {
    return trap(argv[2]);
  }
  if (what == "hold") {
    return hold(argv[2]);
  }
  if (what == "spin" && argc == 4) {
    return spin(argv[2], std::strtoul(argv[3], nullptr, 0));
  }
  return what == "poison" && argc == 4 ? poison(argv[2], std::strtoul(argv[3], nullptr, 0)) : 2;
}
