#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

// fsync(2) of a file commits it, but not a draft (drafts.h): its bytes are in the device's memory
// already, and its name is what fsync(2) of the directory is for. So mkstemp, write, fsync, rename
// works. fsync(2) of a directory commits it, and the drafts in it.
namespace famfs::daemon::ops {

void fsync(fuse_req_t req, fuse_ino_t ino, int /*data_only*/, fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(ino) || mount.read_only || mount.drafts.contains(ino)) {
    reply_errno(req, 0);
    return;
  }
  if (const auto parent = mount.volume.parent(ino)) {
    mount.private_directories.end_from(*parent);
  }
  reply_done(req, mount.volume.sync(ino));
}

void fsyncdir(fuse_req_t req, fuse_ino_t ino, int /*data_only*/, fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(ino)) {
    reply_errno(req, 0);
    return;
  }
  mount.private_directories.end_from(ino);
  auto result = mount.volume.commit(ino, volume::Volume::Why::synced);
  for (const tree::NodeId node : mount.drafts.closed()) {
    const auto parent = mount.volume.parent(node);
    if (result && parent && *parent == ino && mount.drafts.end(node)) {
      static_cast<void>(mount.private_directories.end(node));
      result = mount.volume.commit(node, volume::Volume::Why::synced);
    }
  }
  reply_done(req, result);
}

} // namespace famfs::daemon::ops
