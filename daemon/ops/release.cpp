#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include "base/diag.h"
#include "base/text.h"

namespace famfs::daemon::ops {
namespace {

// Nobody waits for a RELEASE: what goes wrong can only be logged.
void log_failure(const Mount& mount, tree::NodeId node, const Result<void>& result) {
  if (!result && result.error().code != Errc::stale) { // stale: it was removed
    diag::error("{}: not committed when its last writer closed it: {}",
                printable(mount.volume.path(node).value_or("a file")), result.error().message);
  }
}

// FLUSH may have said already that its writer is done; it knows by which process.
bool left_a_draft(Mount& mount, tree::NodeId node, bool last_writer) {
  if (last_writer && !mount.drafts.is_closed(node)) {
    const auto attributes = mount.volume.attributes(node);
    if (attributes && attributes->size > 0) {
      return mount.drafts.close(node, 0);
    }
  }
  return mount.drafts.contains(node);
}

} // namespace

void release(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
  Mount& mount = mount_of(req);
  const OpenFiles::Removed removed = mount.open_files.remove(handle_of(fi));
  if (!meta::is_meta(ino) && !left_a_draft(mount, ino, removed.last_writer)) {
    if (removed.last_writer) {
      log_failure(mount, ino, mount.private_directories.commit(ino));
    }
    if (removed.last && !mount.private_directories.holds(ino)) {
      log_failure(mount, ino, mount.volume.close(ino));
    }
  }
  reply_errno(req, 0);
}

} // namespace famfs::daemon::ops
