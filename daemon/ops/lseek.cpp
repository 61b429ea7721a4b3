#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <unistd.h>

namespace famfs::daemon::ops {

// Asked for SEEK_DATA and SEEK_HOLE only. A file's space is all its own, so all of it is data.
void lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence, fuse_file_info* /*fi*/) {
  const Mount& mount = mount_of(req);
  const auto attributes = meta::is_meta(ino)
                              ? Result<volume::Attributes>(meta_attributes(mount, ino))
                              : mount.volume.attributes(ino);
  if (!attributes) {
    reply_error(req, attributes.error());
    return;
  }
  const auto size = static_cast<off_t>(attributes->size);
  if (whence != SEEK_DATA && whence != SEEK_HOLE) {
    reply_errno(req, EINVAL);
  } else if (offset < 0 || offset >= size) {
    reply_errno(req, ENXIO);
  } else {
    fuse_reply_lseek(req, whence == SEEK_DATA ? offset : size);
  }
}

} // namespace famfs::daemon::ops
