// The C functions of famfs.h that stand for system calls, over the one Mapper of the process.
#include "capi/famfs.h"

#include "capi/mapper.h"
#include "capi/private.h"
#include "capi/publish.h"

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include <sys/mman.h>

using namespace famfs::capi; // NOLINT(google-build-using-namespace): this file is that namespace's
                             // C face

namespace {

constinit Mapper process_mapper(kDaemon, kLinux);

[[gnu::constructor]] void watch_forks() {
  pthread_atfork([] { process_mapper.before_fork(); }, [] { process_mapper.after_fork(); },
                 [] { process_mapper.after_fork(); });
}

// errno as it is after a system call: set by failure, untouched by success.
template <class Fn> std::intptr_t as_system_call(Fn&& act) noexcept {
  const int before = errno;
  const std::intptr_t result = act();
  errno = result < 0 ? static_cast<int>(-result) : before;
  return result < 0 ? -1 : result;
}

bool is_shared_file(int flags, int fd) noexcept {
  const int type = flags & MAP_TYPE;
  return (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) && (flags & MAP_ANONYMOUS) == 0 &&
         fd >= 0;
}

MapRequest request_of(void* address, size_t length, int protection, int flags, int fd,
                      off_t offset) noexcept {
  return {.address = number(address),
          .length = length,
          .protection = protection,
          .flags = flags,
          .fd = fd,
          .offset = static_cast<std::uint64_t>(offset)};
}

bool wraps(const void* address, size_t length) noexcept {
  return length > UINTPTR_MAX - number(address);
}

} // namespace

void* famfs_mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  const std::intptr_t at = as_system_call([&]() -> std::intptr_t {
    const MapRequest request = request_of(address, length, protection, flags, fd, offset);
    if (is_shared_file(flags, fd)) {
      DirectFile file;
      return process_mapper.map(request, file).result;
    }
    const std::intptr_t result =
        kLinux.map(request.address, length, protection, flags, fd, request.offset);
    if (result >= 0) {
      process_mapper.replaced(static_cast<std::uintptr_t>(result), length);
    }
    return result;
  });
  return pointer(static_cast<std::uintptr_t>(at));
}

int famfs_munmap(void* address, size_t length) {
  return static_cast<int>(
      as_system_call([&] { return process_mapper.unmap(number(address), length); }));
}

int famfs_mprotect(void* address, size_t length, int protection) {
  return static_cast<int>(
      as_system_call([&] { return process_mapper.protect(number(address), length, protection); }));
}

void* famfs_mremap(void* address, size_t old_size, size_t new_size, int flags, ...) {
  void* target = nullptr;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0) {
    va_list rest;
    va_start(rest, flags);
    target = va_arg(rest, void*);
    va_end(rest);
  }
  const std::intptr_t at = as_system_call([&] {
    return process_mapper.remap(number(address), old_size, new_size, flags, number(target));
  });
  return pointer(static_cast<std::uintptr_t>(at));
}

int famfs_msync(void* address, size_t length, int flags) {
  return static_cast<int>(
      as_system_call([&] { return process_mapper.sync(number(address), length, flags); }));
}

int famfs_madvise(void* address, size_t length, int advice) {
  return static_cast<int>(
      as_system_call([&] { return process_mapper.advise(number(address), length, advice); }));
}

int famfs_publish(const void* address, size_t length) {
  return wraps(address, length) ? -EINVAL : publish({number(address), number(address) + length});
}

int famfs_acquire(const void* address, size_t length) {
  return wraps(address, length) ? -EINVAL : acquire({number(address), number(address) + length});
}

const char* famfs_version(void) {
  return FAMFS_VERSION;
}

famfs_private_verdict famfs_private_mmap(void* address, size_t length, int protection, int flags,
                                         int fd, off_t offset, famfs_private_mapping* mapping) {
  if (!is_shared_file(flags, fd)) {
    return FAMFS_PRIVATE_NOT_OURS;
  }
  const int before = errno;
  DirectFile file;
  const MapOutcome outcome =
      process_mapper.map(request_of(address, length, protection, flags, fd, offset), file);
  errno = before;
  switch (outcome.verdict) {
  case Verdict::mapped:
    mapping->address = pointer(static_cast<std::uintptr_t>(outcome.result));
    return FAMFS_PRIVATE_MAPPED;
  case Verdict::refused:
    mapping->error = static_cast<int>(-outcome.result);
    return FAMFS_PRIVATE_REFUSED;
  case Verdict::out_of_reach:
    static_assert(sizeof mapping->device == sizeof file.device.path);
    std::memcpy(&mapping->device[0], &file.device.path[0], sizeof mapping->device);
    mapping->error = static_cast<int>(-outcome.result);
    return FAMFS_PRIVATE_OUT_OF_REACH;
  case Verdict::not_ours:
    break;
  }
  return FAMFS_PRIVATE_NOT_OURS;
}

void famfs_private_replaced(void* address, size_t length) {
  const int before = errno;
  process_mapper.replaced(number(address), length);
  errno = before;
}
