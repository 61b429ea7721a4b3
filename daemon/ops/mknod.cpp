#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"
#include "made_in.h"

namespace famfs::daemon::ops {

void mknod(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode, dev_t /*rdev*/) {
  constexpr mode_t all_mode_bits = 07777;
  Mount& mount = mount_of(req);
  if (!S_ISREG(mode) || meta::is_meta(parent) || meta::find(parent, name)) {
    reply_errno(req, EPERM); // mknod(2): the file system does not support the type
    return;
  }
  const fuse_ctx* caller = fuse_req_ctx(req);
  note_made_in(mount, parent, false);
  reply_entry(req,
              mount.volume.create(parent, name, {caller->uid, caller->gid}, mode & all_mode_bits));
}

} // namespace famfs::daemon::ops
