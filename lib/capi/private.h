// What libfamfs.so offers to libfamfs-preload.so of the same build and to nobody else
// (FAMFS_PRIVATE in libfamfs.map): both must see one table, or a program that uses both would see
// half of its mappings.
#pragma once

#include <stddef.h>
#include <sys/types.h>

extern "C" {

enum famfs_private_verdict {
  FAMFS_PRIVATE_MAPPED,
  FAMFS_PRIVATE_REFUSED,      // `error`: a positive errno
  FAMFS_PRIVATE_NOT_OURS,     // for the kernel to map
  FAMFS_PRIVATE_OUT_OF_REACH, // likewise, and `error` and `device` say why
};

struct famfs_private_mapping {
  void* address;
  int error;
  char device[512];
};

// mmap(MAP_SHARED) of any file.
enum famfs_private_verdict famfs_private_mmap(void* address, size_t length, int protection,
                                              int flags, int fd, off_t offset,
                                              struct famfs_private_mapping* mapping);
// The kernel mapped something of someone else's there.
void famfs_private_replaced(void* address, size_t length);
}
