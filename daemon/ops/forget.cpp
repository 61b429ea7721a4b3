#include "../ops.h"

namespace famfs::daemon::ops {

// Nothing to count: a node's id holds a generation and is never given to another node, so an id
// that the kernel still has after the node is gone is found to be stale.
void forget(fuse_req_t req, fuse_ino_t /*ino*/, uint64_t /*lookups*/) {
  fuse_reply_none(req);
}

void forget_multi(fuse_req_t req, size_t /*count*/, fuse_forget_data* /*forgets*/) {
  fuse_reply_none(req);
}

} // namespace famfs::daemon::ops
