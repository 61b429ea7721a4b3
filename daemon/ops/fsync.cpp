#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {

void fsync(fuse_req_t req, fuse_ino_t ino, int /*data_only*/, fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(ino) || mount.read_only) {
    reply_errno(req, 0);
    return;
  }
  reply_done(req, mount.volume.sync(ino));
}

// Directories are committed when they are made.
void fsyncdir(fuse_req_t req, fuse_ino_t /*ino*/, int /*data_only*/, fuse_file_info* /*fi*/) {
  reply_errno(req, 0);
}

} // namespace famfs::daemon::ops
