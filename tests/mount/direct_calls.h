// The memory calls under test: libfamfs's functions, or the C library's, which under `famfs exec`
// are those of the preload library.
#pragma once

#include <famfs.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct Calls {
  void* (*map)(void*, size_t, int, int, int, off_t);
  int (*unmap)(void*, size_t);
  int (*protect)(void*, size_t, int);
  void* (*remap)(void*, size_t, size_t, int, ...);
  int (*sync)(void*, size_t, int);
  int (*advise)(void*, size_t, int);
};

inline const Calls kFamfs{famfs_mmap,   famfs_munmap, famfs_mprotect,
                          famfs_mremap, famfs_msync,  famfs_madvise};
inline const Calls kLibc{mmap, munmap, mprotect, mremap, msync, madvise};

inline const Calls& calls_of(const char* name) {
  return std::strcmp(name, "famfs") == 0 ? kFamfs : kLibc;
}

inline constexpr size_t kPage = 4096;

inline char* bytes(void* at, size_t offset = 0) {
  return static_cast<char*>(at) + offset;
}

// The signal that kills a child who does it; 0 when it lives.
template <class Fn> int signal_of(Fn&& act) {
  const pid_t child = fork();
  if (child == 0) {
    act();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
inline int signal_of_load(const char* at) {
  return signal_of([=] { static_cast<void>(*static_cast<const volatile char*>(at)); });
}
inline int signal_of_store(char* at) {
  return signal_of([=] { *static_cast<volatile char*>(at) = 's'; });
}
