// LD_PRELOAD for a program that is to run out of memory: FAMFS_TEST_MALLOC names a file with one
// int64, how many allocations still succeed; then one fails, and it is -1: all succeed.
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): glibc's own
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace {

std::atomic<std::int64_t>* left = nullptr;

[[gnu::constructor]] void connect() {
  const char* const path = std::getenv("FAMFS_TEST_MALLOC");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  void* const at = ::mmap(nullptr, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    std::abort();
  }
  ::close(fd);
  left = static_cast<std::atomic<std::int64_t>*>(at);
}

bool fails() {
  if (left == nullptr || left->load() < 0 || left->fetch_sub(1) != 0) {
    return false;
  }
  errno = ENOMEM;
  return true;
}

} // namespace

extern "C" {
void* malloc(size_t size) {
  return fails() ? nullptr : __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  return fails() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  return fails() ? nullptr : __libc_realloc(memory, size);
}
}
