#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"
#include "made_in.h"
#include "open_handle.h"

#include <fcntl.h>

namespace famfs::daemon::ops {

void note_made_in(Mount& mount, tree::NodeId directory, bool copying) {
  if (!copying) {
    mount.private_directories.end_from(directory);
    return;
  }
  for (const tree::NodeId found : mount.private_directories.from(directory)) {
    mount.drafts.keep(found);
  }
}

void create(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* fi) {
  constexpr mode_t all_mode_bits = 07777;
  Mount& mount = mount_of(req);
  if (meta::is_meta(parent) || meta::find(parent, name)) {
    reply_errno(req, EPERM);
    return;
  }
  const fuse_ctx* caller = fuse_req_ctx(req);
  const bool on_request =
      mount.announcements.has({.directory = parent, .thread = caller->pid, .user = caller->uid});
  const auto made = mount.volume.create(parent, name, {caller->uid, caller->gid},
                                        mode & all_mode_bits, on_request);
  if (!made) {
    reply_error(req, made.error());
    return;
  }
  note_made_in(mount, parent, (fi->flags & O_EXCL) != 0 && !on_request);
  if (Drafts::is_draft(fi->flags, mode, caller->umask)) {
    mount.drafts.add(made->id, Drafts::is_temporary(fi->flags));
  }
  const fuse_entry_param entry = to_entry(mount, *made);
  // Last: of a handle that is not in a reply no RELEASE comes.
  if (const auto attached = attach_handle(mount, made->id, *fi); !attached) {
    reply_error(req, attached.error());
    return;
  }
  if (fuse_reply_create(req, &entry, fi) != 0) {
    detach_handle(mount, *fi); // the caller was interrupted: no RELEASE will come
  }
}

} // namespace famfs::daemon::ops
