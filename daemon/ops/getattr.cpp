#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {

void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info* /*fi*/) {
  const Mount& mount = mount_of(req);
  if (meta::is_meta(ino)) {
    reply_attributes(req, meta_attributes(mount, ino));
  } else {
    reply_attributes(req, mount.volume.attributes(ino));
  }
}

} // namespace famfs::daemon::ops
