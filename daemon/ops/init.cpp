#include "../ops.h"

#include "../mount_base.h"

#include <algorithm>

namespace famfs::daemon::ops {

void init(void* userdata, fuse_conn_info* conn) {
  constexpr unsigned most_write = 1 << 20;
  // Requests that the kernel itself makes ahead of programs; the default of 12 starves big reads.
  constexpr unsigned most_background = 64;
  conn->max_write = std::min(conn->max_write, most_write);
  conn->max_background = most_background;
  static_cast<MountBase*>(userdata)->ready();
}

} // namespace famfs::daemon::ops
