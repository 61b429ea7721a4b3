#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <linux/fs.h>

namespace famfs::daemon::ops {

void rename(fuse_req_t req, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags) {
  Mount& mount = mount_of(req);
  if ((flags & ~unsigned{RENAME_NOREPLACE}) != 0) {
    reply_errno(req, EINVAL); // rename(2): a flag that the file system does not support
    return;
  }
  if (meta::is_meta(parent) || meta::is_meta(new_parent) || meta::find(parent, name) ||
      meta::find(new_parent, new_name)) {
    reply_errno(req, EPERM);
    return;
  }
  reply_done(req, mount.volume.rename(parent, name, new_parent, new_name, flags == 0));
}

} // namespace famfs::daemon::ops
