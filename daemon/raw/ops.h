// The operations of a raw mount. What cannot be done to it is refused in operations.cpp.
#pragma once

#include "../fuse.h"

namespace famfs::daemon::raw::ops {

// namespace.cpp: a directory with one file
void lookup(fuse_req_t req, fuse_ino_t parent, const char* name);
void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void setattr(fuse_req_t req, fuse_ino_t ino, struct stat* attr, int to_set, fuse_file_info* fi);
void statfs(fuse_req_t req, fuse_ino_t ino);
void opendir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* fi);
void listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);

// data.cpp
void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void release(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* fi);
void write_buf(fuse_req_t req, fuse_ino_t ino, fuse_bufvec* from, off_t offset, fuse_file_info* fi);
void fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
               fuse_file_info* fi);
void lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence, fuse_file_info* fi);
void flush(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void fsync(fuse_req_t req, fuse_ino_t ino, int data_only, fuse_file_info* fi);

// ioctl.cpp
void ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void* arg, fuse_file_info* fi,
           unsigned flags, const void* in, size_t in_size, size_t out_size);

} // namespace famfs::daemon::raw::ops
