#include "capi/kernel.h"

#include "capi/raw_syscall.h"

#include <atomic>

#include <sys/auxv.h>

namespace famfs::capi {
namespace {

static_assert(sizeof(void*) == 8, "SYS_mmap takes its offset in bytes on 64-bit systems only");

std::intptr_t map(std::uintptr_t address, std::size_t length, int protection, int flags, int fd,
                  std::uint64_t offset) noexcept {
  return raw_syscall(SYS_mmap, address, length, static_cast<long>(protection),
                     static_cast<long>(flags), static_cast<long>(fd), offset);
}

int unmap(Range range) noexcept {
  return static_cast<int>(raw_syscall(SYS_munmap, range.begin, range.size()));
}

int protect(Range range, int protection) noexcept {
  return static_cast<int>(
      raw_syscall(SYS_mprotect, range.begin, range.size(), static_cast<long>(protection)));
}

int sync(Range range, int flags) noexcept {
  return static_cast<int>(
      raw_syscall(SYS_msync, range.begin, range.size(), static_cast<long>(flags)));
}

int advise(Range range, int advice) noexcept {
  return static_cast<int>(
      raw_syscall(SYS_madvise, range.begin, range.size(), static_cast<long>(advice)));
}

std::intptr_t remap(std::uintptr_t old, std::size_t old_size, std::size_t new_size, int flags,
                    std::uintptr_t target) noexcept {
  return raw_syscall(SYS_mremap, old, old_size, new_size, static_cast<long>(flags), target);
}

} // namespace

const Kernel kLinux{
    .map = map, .unmap = unmap, .protect = protect, .sync = sync, .advise = advise, .remap = remap};

std::size_t page_size() noexcept {
  static constinit std::atomic<std::size_t> known{0};
  std::size_t size = known.load(std::memory_order_relaxed);
  if (size == 0) { // every thread would find the same
    size = getauxval(AT_PAGESZ);
    known.store(size, std::memory_order_relaxed);
  }
  return size;
}

} // namespace famfs::capi
