/* The ioctls between famfsd and those who talk to it (libfamfs, the tools): C and C++.
 *
 * On an open regular file of the mount: MAP, RESERVE, COMMIT, CLONE. On the mount's root directory
 * (or any directory in it): LOGPLAY, STATUS, METRICS, REPORT_FAILURE, ANNOUNCE. Else: ENOTTY.
 * Every struct has a fixed layout, little use of bits, no pointers, and is zero where not named.
 * Lengths in bytes.
 */
#ifndef FAMFS_BASE_CONTROL_H
#define FAMFS_BASE_CONTROL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FAMFS_CONTROL_VERSION 1
#define FAMFS_CONTROL_EXTENTS 16
#define FAMFS_CONTROL_PATH 512
#define FAMFS_CONTROL_TEXT 16000

enum famfs_map_kind { FAMFS_MAP_SIMPLE = 0, FAMFS_MAP_INTERLEAVED = 1 };

/* famfs_ioc_map.request. LOOK tells the map; nothing changes. USE: the caller is about to map it:
 * unwritten space is zeroed first, and the extents stay this file's until the handle (and what was
 * mapped through it) is gone. */
enum { FAMFS_MAP_LOOK = 0, FAMFS_MAP_USE = 1 };

/* famfs_ioc_map.flags. PENDING: not committed yet, the size may still change. READONLY: the mount
 * is. RAW: the file is the device itself, on which there need be no file system. */
enum { FAMFS_MAP_PENDING = 1, FAMFS_MAP_READONLY = 2, FAMFS_MAP_RAW = 4 };

struct famfs_ioc_extent {
  __u64 device; /* index; 0 is the device the file system is on */
  __u64 offset;
  __u64 length;
};

struct famfs_ioc_map {
  __u32 version; /* in: FAMFS_CONTROL_VERSION */
  __u32 request; /* in */
  __u32 kind;
  __u32 flags;
  __u64 size;
  __u64 chunk; /* interleaved: bytes per chunk; else 0 */
  __u32 count; /* extents or strips that are valid */
  __u32 path_length;
  __u64 device_size;
  __u64 device_alignment; /* what mmap offsets and lengths must be multiples of */
  __u64 device_id;        /* st_rdev of a character device, else 0 */
  __u64 device_dev;       /* st_dev and st_ino of a regular file, else 0 */
  __u64 device_ino;
  struct famfs_ioc_extent extents[FAMFS_CONTROL_EXTENTS];
  char device_path[FAMFS_CONTROL_PATH]; /* as the daemon opened it; NUL-terminated */
};

/* famfs_ioc_reserve.flags. ON_REQUEST: the file is committed by COMMIT alone, and dropped if closed
 * before: whoever is killed in the middle leaves nothing. RAW: do not zero; for root; implies
 * ON_REQUEST. */
enum { FAMFS_RESERVE_RAW = 1, FAMFS_RESERVE_ON_REQUEST = 2 };

/* ANNOUNCE: files that the calling thread makes in this directory, while it keeps it open through
 * this descriptor, are ON_REQUEST from their making on. */

struct famfs_ioc_reserve {
  __u32 version; /* in */
  __u32 flags;   /* in */
  __u64 size;    /* in: becomes the file's size */
  __u64 chunk;   /* in: 0 for contiguous; else interleaved */
  __u32 strips;
  __u32 buckets;
};

struct famfs_ioc_logplay {
  __u64 entries; /* entries newly replayed by this call */
  __u64 files;   /* … of which new files and new directories */
  __u64 directories;
  __u64 faults;   /* entries refused */
  __u64 position; /* entries replayed since the mount */
  __u64 left;     /* entries that another call would replay: one call takes no more than a moment */
};

/* A JSON document, of STATUS or METRICS; grows without a new version. */
struct famfs_ioc_status {
  __u32 length; /* bytes used in text, without a NUL */
  __u32 zero;
  char text[FAMFS_CONTROL_TEXT];
};

struct famfs_ioc_failure {
  __u64 offset; /* on the device */
  __u64 length;
};

/* For root, to make what fsck must find: the open file, new and empty, is committed with the
 * extents of another. Two files on the same bytes are a fault: a replay refuses the second. */
struct famfs_ioc_clone {
  __u32 version; /* in */
  __u32 zero;
  __u64 source; /* in: st_ino of a committed file of this mount */
};

#define FAMFS_IOC_MAP _IOWR(0xFA, 1, struct famfs_ioc_map)
#define FAMFS_IOC_RESERVE _IOW(0xFA, 2, struct famfs_ioc_reserve)
#define FAMFS_IOC_COMMIT _IO(0xFA, 3)
#define FAMFS_IOC_LOGPLAY _IOR(0xFA, 4, struct famfs_ioc_logplay)
#define FAMFS_IOC_STATUS _IOR(0xFA, 5, struct famfs_ioc_status)
#define FAMFS_IOC_REPORT_FAILURE _IOW(0xFA, 6, struct famfs_ioc_failure)
#define FAMFS_IOC_ANNOUNCE _IO(0xFA, 7)
#define FAMFS_IOC_CLONE _IOW(0xFA, 8, struct famfs_ioc_clone)
#define FAMFS_IOC_METRICS _IOR(0xFA, 9, struct famfs_ioc_status)

#endif
