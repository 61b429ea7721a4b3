// What open and create share.
#pragma once

#include "../fuse.h"
#include "../mount.h"

namespace famfs::daemon::ops {

[[nodiscard]] bool wants_to_write(const fuse_file_info& fi) noexcept;
// Pins the node and fills in what the kernel is told of the open file.
[[nodiscard]] Result<void> attach_handle(Mount& mount, tree::NodeId node, fuse_file_info& fi);
void detach_handle(Mount& mount, const fuse_file_info& fi);

} // namespace famfs::daemon::ops
