#include "../bad_memory.h"
#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"
#include "../request_source.h"

namespace famfs::daemon::ops {

void write_buf(fuse_req_t req, fuse_ino_t ino, fuse_bufvec* from, off_t offset,
               fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  RequestSource source(*from);
  const auto written =
      mount.volume.write(ino, static_cast<std::uint64_t>(offset), fuse_buf_size(from), source);
  if (source.used_up()) {
    from->idx = from->count; // else libfuse throws its pipe away
  }
  if (source.bad().length > 0) {
    find_bad_memory(mount, source.bad().offset, source.bad().length);
  }
  if (written) {
    mount.metrics.add(Count::written_bytes, *written);
    fuse_reply_write(req, *written);
  } else {
    reply_error(req, written.error());
  }
}

} // namespace famfs::daemon::ops
