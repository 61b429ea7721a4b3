// libfamfs-preload.so: mmap(2) and its kin for programs that know nothing of famfs. A shared
// mapping of a file on a famfs mount becomes a direct map; all else is the plain system call.
//
// These may be called before any constructor has run, by a malloc under its own locks, and in
// signal handlers: nothing here, nor in what it calls, allocates, looks up symbols or calls the C
// library's functions of the same names.
#include "capi/famfs.h"
#include "capi/private.h"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

void say(const char* file, const famfs_private_mapping& refused) noexcept {
  char line[2048];
  const int length = std::snprintf(line, sizeof line,
                                   "famfs: mmap of %s: cannot open device %s: %s: a direct map "
                                   "needs permission on the device node\n",
                                   file, refused.device, strerrordesc_np(refused.error));
  const auto most = static_cast<int>(sizeof line - 1);
  static_cast<void>(
      ::write(STDERR_FILENO, line, static_cast<std::size_t>(length < most ? length : most)));
}

// The program is told ENODEV, which says nothing; one line per process is what it can bear.
void complain_once(int fd, const famfs_private_mapping& refused) noexcept {
  static constinit std::atomic<bool> told{false};
  if (told.exchange(true)) {
    return;
  }
  const int before = errno;
  char link[64];
  char file[1024];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link, file, sizeof file - 1);
  file[length > 0 ? length : 0] = '\0';
  say(length > 0 ? file : "a file", refused);
  errno = before;
}

void* kernel_mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  const long at = ::syscall(SYS_mmap, address, length, static_cast<long>(protection),
                            static_cast<long>(flags), static_cast<long>(fd), offset);
  void* const result = reinterpret_cast<void*>(at); // NOLINT(performance-no-int-to-ptr)
  if (result != MAP_FAILED) {
    famfs_private_replaced(result, length);
  }
  return result;
}

} // namespace

extern "C" {
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved
// names

void* mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) noexcept {
  famfs_private_verdict verdict = FAMFS_PRIVATE_NOT_OURS;
  famfs_private_mapping mapping;
  // ld.so leaves us out of set-uid programs, unless someone installed us set-uid too.
  if (fd >= 0 && getauxval(AT_SECURE) == 0) {
    verdict = famfs_private_mmap(address, length, protection, flags, fd, offset, &mapping);
  }
  if (verdict == FAMFS_PRIVATE_MAPPED) {
    return mapping.address;
  }
  if (verdict == FAMFS_PRIVATE_REFUSED) {
    errno = mapping.error;
    return MAP_FAILED;
  }
  void* const result = kernel_mmap(address, length, protection, flags, fd, offset);
  if (result == MAP_FAILED && verdict == FAMFS_PRIVATE_OUT_OF_REACH) {
    complain_once(fd, mapping);
  }
  return result;
}

void* mmap64(void* address, size_t length, int protection, int flags, int fd, off_t offset) noexcept
    __attribute__((alias("mmap")));

int munmap(void* address, size_t length) noexcept {
  return famfs_munmap(address, length);
}

int mprotect(void* address, size_t length, int protection) noexcept {
  return famfs_mprotect(address, length, protection);
}

void* mremap(void* address, size_t old_size, size_t new_size, int flags, ...) noexcept {
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) == 0) {
    return famfs_mremap(address, old_size, new_size, flags);
  }
  va_list rest;
  va_start(rest, flags);
  void* const target = va_arg(rest, void*);
  va_end(rest);
  return famfs_mremap(address, old_size, new_size, flags, target);
}

int msync(void* address, size_t length, int flags) {
  return famfs_msync(address, length, flags);
}

int madvise(void* address, size_t length, int advice) noexcept {
  return famfs_madvise(address, length, advice);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)
} // extern "C"
