#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <linux/falloc.h>

namespace famfs::daemon::ops {

void fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
               fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0) {
    reply_errno(req, EOPNOTSUPP);
    return;
  }
  reply_done(req, mount.volume.reserve(ino, static_cast<std::uint64_t>(offset),
                                       static_cast<std::uint64_t>(length),
                                       (mode & FALLOC_FL_KEEP_SIZE) != 0));
}

} // namespace famfs::daemon::ops
