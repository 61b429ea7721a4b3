// The operations, one file each in ops/. Each replies exactly once; served.h wraps
// them so that they are counted and no exception passes through libfuse. They run on any number of
// threads; what one needs of another is in Mount's parts, which guard themselves.
#pragma once

#include "fuse.h"

namespace famfs::daemon {

[[nodiscard]] const fuse_lowlevel_ops& operations();

namespace ops {

void init(void* userdata, fuse_conn_info* conn);

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name);
void forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups);
void forget_multi(fuse_req_t req, size_t count, fuse_forget_data* forgets);
void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void setattr(fuse_req_t req, fuse_ino_t ino, struct stat* attr, int to_set, fuse_file_info* fi);
void access(fuse_req_t req, fuse_ino_t ino, int mask);
void statfs(fuse_req_t req, fuse_ino_t ino);

void mkdir(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode);
void mknod(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode, dev_t rdev);
void unlink(fuse_req_t req, fuse_ino_t parent, const char* name);
void rmdir(fuse_req_t req, fuse_ino_t parent, const char* name);
void rename(fuse_req_t req, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags);
void link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char* new_name);
void symlink(fuse_req_t req, const char* target, fuse_ino_t parent, const char* name);
void readlink(fuse_req_t req, fuse_ino_t ino);

void create(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* fi);
void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* fi);
void write_buf(fuse_req_t req, fuse_ino_t ino, fuse_bufvec* from, off_t offset, fuse_file_info* fi);
void fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
               fuse_file_info* fi);
void lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence, fuse_file_info* fi);
void flush(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void fsync(fuse_req_t req, fuse_ino_t ino, int data_only, fuse_file_info* fi);
void fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only, fuse_file_info* fi);
void release(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);

void opendir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void releasedir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi);
void readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* fi);
void readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* fi);

void getxattr(fuse_req_t req, fuse_ino_t ino, const char* name, size_t size);
void listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void setxattr(fuse_req_t req, fuse_ino_t ino, const char* name, const char* value, size_t size,
              int flags);
void removexattr(fuse_req_t req, fuse_ino_t ino, const char* name);

void ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void* arg, fuse_file_info* fi,
           unsigned flags, const void* in, size_t in_size, size_t out_size);

} // namespace ops
} // namespace famfs::daemon
