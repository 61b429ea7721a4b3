#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
  const Mount& mount = mount_of(req);
  if (const auto node = meta::find(parent, name)) {
    reply_entry(req, meta_attributes(mount, *node));
  } else if (meta::is_meta(parent)) {
    reply_errno(req, ENOENT);
  } else {
    // What is not there is never kept: a client's next replay may bring it.
    reply_entry(req, mount.volume.lookup(parent, name));
  }
}

} // namespace famfs::daemon::ops
