#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

namespace famfs::daemon::ops {

// A directory needs no state of its own but for its announcement: a position in it is the tree's
// cookie.
void opendir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
  if (!meta::is_meta(ino)) {
    if (const auto attributes = mount_of(req).volume.attributes(ino); !attributes) {
      reply_error(req, attributes.error());
      return;
    }
  }
  fi->fh = mount_of(req).announcements.next_handle();
  fuse_reply_open(req, fi);
}

void releasedir(fuse_req_t req, fuse_ino_t /*ino*/, fuse_file_info* fi) {
  mount_of(req).announcements.remove(fi->fh);
  reply_errno(req, 0);
}

} // namespace famfs::daemon::ops
