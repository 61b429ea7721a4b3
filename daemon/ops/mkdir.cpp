#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {

void mkdir(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode) {
  constexpr mode_t all_mode_bits = 07777; // those past 0777 are the volume's to refuse
  Mount& mount = mount_of(req);
  if (meta::is_meta(parent) || meta::find(parent, name)) {
    reply_errno(req, EPERM);
    return;
  }
  const fuse_ctx* caller = fuse_req_ctx(req);
  reply_entry(req, mount.volume.make_directory(parent, name, {caller->uid, caller->gid},
                                               mode & all_mode_bits));
}

} // namespace famfs::daemon::ops
