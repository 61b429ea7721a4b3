#include "../ops.h"
#include "../reply.h"

#include <algorithm>

namespace famfs::daemon::ops {

void statfs(fuse_req_t req, fuse_ino_t /*ino*/) {
  constexpr unsigned long block = 4096;
  constexpr unsigned long longest_name = 255;
  const volume::Usage usage = mount_of(req).volume.usage();
  struct statvfs out{};
  out.f_bsize = out.f_frsize = block;
  out.f_blocks = usage.data_bytes / block;
  out.f_bfree = out.f_bavail = usage.free_bytes / block;
  // Each file or directory takes one entry of the log; what is pending will.
  out.f_files = usage.log_capacity;
  out.f_ffree = out.f_favail =
      usage.log_capacity - std::min(usage.log_capacity, usage.log_entries + usage.pending_files +
                                                            usage.pending_directories);
  out.f_namemax = longest_name;
  fuse_reply_statfs(req, &out);
}

} // namespace famfs::daemon::ops
