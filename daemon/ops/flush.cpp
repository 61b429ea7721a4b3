#include "../base_name.h"
#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {
namespace {

// The rule, and why it is what it is: last_close.h.
bool is_last_close(const Mount& mount, Handle& handle, pid_t closer) {
  if (!mount.open_files.only_writer(handle)) {
    return false;
  }
  const auto path = mount.volume.path(handle.node);
  if (!path) {
    return false;
  }
  const WatchedFile file{.inode = handle.node, .name = base_name(*path)};
  const Writers writers = mount.last_close.writers(
      closer, handle.shared ? Search::everyone : Search::family, file);
  if (writers == Writers::others) {
    handle.shared = true;
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
  if (!attributes || !attributes->pending || attributes->size == 0 ||
      !is_last_close(mount, *handle, fuse_req_ctx(req)->pid)) {
    reply_errno(req, 0); // RELEASE commits what there is to commit
    return;
  }
  reply_done(req, mount.volume.commit(ino, volume::Volume::Why::closed));
}

} // namespace famfs::daemon::ops
