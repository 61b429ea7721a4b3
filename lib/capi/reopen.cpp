#include "capi/reopen.h"

#include "base/fd.h"
#include "capi/kernel.h"
#include "capi/raw_syscall.h"

#include <climits>
#include <cstdio>
#include <cstdlib>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::capi {
namespace {

bool is_file(int fd, const Mapping& mapping) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
         status.st_dev == mapping.file_dev && status.st_ino == mapping.file_ino;
}

bool serves(int fd, const Mapping& mapping) noexcept {
  const int status = ::fcntl(fd, F_GETFL);
  if (status < 0 || (status & O_PATH) != 0) {
    return false;
  }
  const int access = status & O_ACCMODE;
  return (access == O_RDWR || (access == O_RDONLY && !mapping.writable)) && is_file(fd, mapping);
}

// opendir(3) would call malloc, which may be what is calling us.
int find_open(const Mapping& mapping) noexcept {
  const UniqueFd folder(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  alignas(dirent64) char buffer[2048];
  for (;;) {
    const long bytes = folder ? raw_syscall(SYS_getdents64, static_cast<long>(folder.get()),
                                            &buffer[0], sizeof buffer)
                              : 0;
    if (bytes <= 0) {
      return -1;
    }
    for (long at = 0; at < bytes;) {
      const auto* entry = reinterpret_cast<const dirent64*>(&buffer[at]);
      at += entry->d_reclen;
      char* end = nullptr;
      const long fd = std::strtol(&entry->d_name[0], &end, 10);
      if (*end == '\0' && fd != folder.get() && serves(static_cast<int>(fd), mapping)) {
        return static_cast<int>(fd);
      }
    }
  }
}

int open_by_path(const Mapping& mapping) noexcept {
  char link[64];
  std::snprintf(&link[0], sizeof link, "/proc/self/map_files/%lx-%lx",
                static_cast<unsigned long>(mapping.pin),
                static_cast<unsigned long>(mapping.pin + page_size()));
  char path[PATH_MAX];
  const ssize_t length = ::readlink(&link[0], &path[0], sizeof path - 1);
  if (length <= 0) {
    return -1;
  }
  path[length] = '\0';
  const int flags = (mapping.writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  UniqueFd fd(::open(&path[0], flags));
  return fd && is_file(fd.get(), mapping) ? fd.release() : -1;
}

} // namespace

Reopened reopen(const Mapping& mapping) noexcept {
  const int found = find_open(mapping);
  return found >= 0 ? Reopened(found, true) : Reopened(open_by_path(mapping), false);
}

} // namespace famfs::capi
