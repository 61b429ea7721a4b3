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
  const auto found = mount.volume.lookup(parent, name);
  const auto removed = mount.volume.remove(parent, name);
  if (found && removed) {
    static_cast<void>(mount.drafts.end(found->id));
    static_cast<void>(mount.private_directories.end(found->id));
  }
  reply_done(req, removed);
}

// As of files: what is pending goes, the format has no entry that removes.
void rmdir(fuse_req_t req, fuse_ino_t parent, const char* name) {
  unlink(req, parent, name);
}

} // namespace famfs::daemon::ops
