#include "../ops.h"
#include "../reply.h"

#include <unistd.h>

namespace famfs::daemon::ops {

// Asked only with nodefaultperm; else the kernel answers from the permission bits.
void access(fuse_req_t req, fuse_ino_t /*ino*/, int mask) {
  const bool refused = (mask & W_OK) != 0 && mount_base_of(req).read_only;
  reply_errno(req, refused ? EROFS : 0);
}

} // namespace famfs::daemon::ops
