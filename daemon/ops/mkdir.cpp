#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"
#include "made_in.h"

namespace famfs::daemon::ops {
namespace {

void begin_draft(Mount& mount, tree::NodeId directory, bool is_private, pid_t maker) {
  const pid_t process = is_private ? mount.last_close.process_of(maker) : 0;
  mount.drafts.add(directory);
  if (process > 0) { // else nothing would tell when it is finished
    mount.private_directories.add(directory);
  }
  static_cast<void>(mount.drafts.close(directory, process));
}

} // namespace

void mkdir(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode) {
  constexpr mode_t all_mode_bits = 07777; // those past 0777 are the volume's to refuse
  Mount& mount = mount_of(req);
  if (meta::is_meta(parent) || meta::find(parent, name)) {
    reply_errno(req, EPERM);
    return;
  }
  const fuse_ctx* caller = fuse_req_ctx(req);
  const auto made =
      mount.volume.make_directory(parent, name, {caller->uid, caller->gid}, mode & all_mode_bits);
  if (made) {
    note_made_in(mount, parent, true);
    begin_draft(mount, made->id, PrivateDirectories::is_private(mode, caller->umask), caller->pid);
  }
  reply_entry(req, made);
}

} // namespace famfs::daemon::ops
