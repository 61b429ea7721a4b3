#include "../base_name.h"
#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include "base/diag.h"
#include "base/text.h"

namespace famfs::daemon::ops {
namespace {

// The rule, and why it is what it is: last_close.h.
bool is_last_close(Mount& mount, Handle& handle, pid_t closer) {
  if (!mount.open_files.only_writer(handle)) {
    return false;
  }
  const auto path = mount.volume.path(handle.node);
  if (!path) {
    return false;
  }
  const WatchedFile file{.inode = handle.node, .name = base_name(*path)};
  const Writers writers =
      mount.last_close.writers(closer, handle.shared ? Search::everyone : Search::family, file);
  if (writers == Writers::others) {
    handle.shared = true;
  }
  if (writers == Writers::unseen && !mount.told_unseen.exchange(true)) {
    diag::warning("{}: who else has a file open cannot be looked up for want of descriptors or "
                  "memory: meanwhile files are committed a moment after their close: raise the "
                  "daemon's limits",
                  printable(mount.line.mount_point));
  }
  return writers == Writers::nobody;
}

} // namespace

void flush(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
  Mount& mount = mount_of(req);
  Handle* handle = handle_of(fi);
  if (handle == nullptr || !handle->writable || meta::is_meta(ino)) {
    reply_errno(req, 0);
    return;
  }
  const auto attributes = mount.volume.attributes(ino);
  const pid_t closer = fuse_req_ctx(req)->pid;
  // An empty file has nothing to commit, and is looked at all the same: who shares it must be known
  // when it has grown.
  if (!attributes || !attributes->pending || !is_last_close(mount, *handle, closer) ||
      attributes->size == 0) {
    reply_errno(req, 0); // RELEASE commits what there is to commit
    return;
  }
  if (mount.drafts.close(ino, mount.last_close.process_of(closer))) {
    reply_errno(req, 0);
    return;
  }
  reply_done(req, mount.private_directories.commit(ino));
}

} // namespace famfs::daemon::ops
