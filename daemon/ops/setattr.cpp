#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <ctime>

namespace famfs::daemon::ops {
namespace {

constexpr mode_t kAllModeBits = 07777;

volume::Change to_change(const struct stat& attr, int to_set) {
  volume::Change change;
  if ((to_set & FUSE_SET_ATTR_MODE) != 0) {
    change.mode = attr.st_mode & kAllModeBits;
  }
  if ((to_set & FUSE_SET_ATTR_UID) != 0) {
    change.uid = attr.st_uid;
  }
  if ((to_set & FUSE_SET_ATTR_GID) != 0) {
    change.gid = attr.st_gid;
  }
  if ((to_set & FUSE_SET_ATTR_SIZE) != 0) {
    change.size = static_cast<std::uint64_t>(attr.st_size);
  }
  if ((to_set & FUSE_SET_ATTR_MTIME_NOW) != 0) {
    change.modified.emplace();
    clock_gettime(CLOCK_REALTIME, &*change.modified);
  } else if ((to_set & FUSE_SET_ATTR_MTIME) != 0) {
    change.modified = attr.st_mtim;
  }
  return change;
}

} // namespace

void setattr(fuse_req_t req, fuse_ino_t ino, struct stat* attr, int to_set, fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(ino)) {
    reply_errno(req, EPERM);
    return;
  }
  reply_attributes(req, mount.volume.change(ino, to_change(*attr, to_set)));
}

} // namespace famfs::daemon::ops
