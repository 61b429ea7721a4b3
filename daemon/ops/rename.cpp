#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <optional>

#include <linux/fs.h>

namespace famfs::daemon::ops {

namespace {

std::optional<tree::NodeId> node_of(const Mount& mount, fuse_ino_t parent, const char* name) {
  const auto found = mount.volume.lookup(parent, name);
  return found ? std::optional(found->id) : std::nullopt;
}

// With its name a draft has got everything (drafts.h).
Result<void> rename_file(Mount& mount, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
                         const char* new_name, bool replace) {
  const auto node = node_of(mount, parent, name);
  const auto replaced = node_of(mount, new_parent, new_name);
  if (auto renamed = mount.volume.rename(parent, name, new_parent, new_name, replace); !renamed) {
    return renamed;
  }
  if (replaced && replaced != node) {
    static_cast<void>(mount.drafts.end(*replaced));
  }
  if (node && mount.drafts.end(*node)) {
    return mount.private_directories.commit(*node);
  }
  return {};
}

} // namespace

void rename(fuse_req_t req, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags) {
  Mount& mount = mount_of(req);
  if ((flags & ~unsigned{RENAME_NOREPLACE}) != 0) {
    reply_errno(req, EINVAL); // rename(2): a flag that the file system does not support
    return;
  }
  if (meta::is_meta(parent) || meta::is_meta(new_parent) || meta::find(parent, name) ||
      meta::find(new_parent, new_name)) {
    reply_errno(req, EPERM);
    return;
  }
  reply_done(req, rename_file(mount, parent, name, new_parent, new_name, flags == 0));
}

} // namespace famfs::daemon::ops
