/* libfamfs: files in shared memory, mapped at memory speed on any kernel.
 *
 * A file on a famfs mount is memory of a device. famfs_mmap() maps that memory itself into the
 * caller (a direct map), where mmap(2) of a FUSE file would give a private copy in the page cache.
 * The caller needs permission on the file and on the device node.
 *
 * Functions return 0 or a pointer on success; on failure a negative errno, or MAP_FAILED / NULL
 * with errno set; functions named like a system call return -1 as that does. All are thread-safe
 * and may be used after fork(). Sizes and offsets are bytes.
 */
#ifndef FAMFS_H
#define FAMFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FAMFS_API_VERSION 1

/* A file's map at the time it was asked for. Opaque, counted. */
typedef struct famfs_map famfs_map;

/* One stretch of a file that is contiguous on the device. `struct_size` is sizeof(struct
 * famfs_extent) as the caller was compiled, so that it can grow. */
struct famfs_extent {
  size_t struct_size;
  uint64_t file_offset;
  uint64_t device_offset;
  uint64_t length;
  uint32_t device_index;
  uint32_t reserved;
};

/* -ENOTTY: not a file on a famfs mount. */
int famfs_map_new(int fd, famfs_map** map);
famfs_map* famfs_map_ref(famfs_map* map);
void famfs_map_unref(famfs_map* map);           /* NULL is fine */
uint64_t famfs_map_size(const famfs_map* map);  /* of the file */
int famfs_map_is_pending(const famfs_map* map); /* 1: not committed yet */
int famfs_map_is_interleaved(const famfs_map* map);
uint64_t famfs_map_chunk(const famfs_map* map);     /* 0 when not interleaved */
const char* famfs_map_device(const famfs_map* map); /* path; lives as long as the map */
uint64_t famfs_map_device_size(const famfs_map* map);
size_t famfs_map_extent_count(const famfs_map* map); /* extents, or strips when interleaved */
/* The i-th extent or strip; for strips file_offset is 0. -EINVAL: no such, or struct_size unknown.
 */
int famfs_map_extent(const famfs_map* map, size_t i, struct famfs_extent* extent);
/* The contiguous stretch that holds byte `offset` of the file, from there on. -EINVAL: past it. */
int famfs_map_resolve(const famfs_map* map, uint64_t offset, struct famfs_extent* extent);

/* mmap(2) for files on a famfs mount: same arguments, same errors, and EMFILE, for it opens the
 * device for a moment. MAP_SHARED is a direct map:
 * several extents and interleaved strips appear as one range. MAP_PRIVATE is the kernel's own. The
 * mapping outlives close(fd), is inherited by fork(), and pins the file until its last part is
 * unmapped. */
void* famfs_mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset);

/* The system calls of the same names, for what famfs_mmap made; other ranges go to the kernel, and
 * a range may hold both. Plain munmap(2) would leave the file pinned. Where a device maps in units
 * larger than a page (devdax: usually 2 MiB):
 * - a unit of which a part is unmapped stays reachable until all of it is;
 * - famfs_mprotect of a part of a unit is EINVAL, unless it is all that the mapping has of it;
 * - famfs_mmap with MAP_FIXED needs an address that agrees with the place on the device modulo the
 * unit, and whole units that are free: else EINVAL;
 * - pages after the end of the file are reachable up to the end of its last unit, and past it, as
 * with any file, raise SIGBUS. A file that has grown since must be mapped again, or famfs_mremap'd:
 * it never grows in place (ENOMEM without MREMAP_MAYMOVE). famfs_msync publishes; with
 * MS_INVALIDATE it then acquires. */
int famfs_munmap(void* address, size_t length);
int famfs_mprotect(void* address, size_t length, int protection);
void* famfs_mremap(void* address, size_t old_size, size_t new_size, int flags,
                   ... /* void *target */);
int famfs_msync(void* address, size_t length, int flags);
int famfs_madvise(void* address, size_t length, int advice);

/* Makes stores in the range visible to other hosts: write back, then fence. Both: -EIO: memory in
 * the range is bad, or it is past the end of the file; -EINVAL: the range wraps. */
int famfs_publish(const void* address, size_t length);
/* Makes other hosts' published stores visible here: invalidate, then fence. Stores in the range
 * that were not published may be lost or published. */
int famfs_acquire(const void* address, size_t length);

/* "0.1.0" */
const char* famfs_version(void);

#ifdef __cplusplus
}
#endif
#endif
