#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {

void unlink(fuse_req_t req, fuse_ino_t parent, const char* name) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(parent) || meta::find(parent, name)) {
    reply_errno(req, EPERM);
    return;
  }
  reply_done(req, mount.volume.remove(parent, name));
}

// The format has no entry that removes, and every directory is committed when it is made.
void rmdir(fuse_req_t req, fuse_ino_t parent, const char* name) { unlink(req, parent, name); }

} // namespace famfs::daemon::ops
