#include "../ops.h"
#include "../reply.h"

// link(2), symlink(2): EPERM is "the file system does not support the creation of" these.
namespace famfs::daemon::ops {

void link(fuse_req_t req, fuse_ino_t /*ino*/, fuse_ino_t /*new_parent*/, const char* /*new_name*/) {
  reply_errno(req, EPERM);
}

void symlink(fuse_req_t req, const char* /*target*/, fuse_ino_t /*parent*/, const char* /*name*/) {
  reply_errno(req, EPERM);
}

void readlink(fuse_req_t req, fuse_ino_t /*ino*/) {
  reply_errno(req, EINVAL);
}

} // namespace famfs::daemon::ops
