#include "../base_name.h"
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

// The rules, and why: drafts.h, private_directories.h.
Result<void> finish_directory(Mount& mount, tree::NodeId node) {
  static_cast<void>(mount.drafts.close(node, 0));
  return mount.private_directories.end(node);
}

Result<void> finish_draft(Mount& mount, tree::NodeId node, mode_t mode) {
  constexpr mode_t others = 077;
  if (!mount.drafts.contains(node)) {
    return {};
  }
  const bool ends = mount.drafts.is_closed(node)
                        ? !base_name(mount.volume.path(node).value_or("")).starts_with('.')
                        : (mode & others) != 0 && !mount.drafts.awaits_name(node);
  if (!ends || !mount.drafts.end(node)) {
    return {};
  }
  return mount.private_directories.commit(node);
}

} // namespace

void setattr(fuse_req_t req, fuse_ino_t ino, struct stat* attr, int to_set,
             fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(ino)) {
    reply_errno(req, EPERM);
    return;
  }
  auto changed = mount.volume.change(ino, to_change(*attr, to_set));
  if (changed && (to_set & FUSE_SET_ATTR_MODE) != 0) {
    const auto finished = changed->kind == volume::Kind::directory
                              ? finish_directory(mount, ino)
                              : finish_draft(mount, ino, changed->mode);
    if (!finished) {
      changed = std::unexpected(finished.error());
    }
  }
  reply_attributes(req, changed);
}

} // namespace famfs::daemon::ops
