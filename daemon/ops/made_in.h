// What create, mkdir and mknod share.
#pragma once

#include "../mount.h"

namespace famfs::daemon::ops {

// Something was made in the directory: as by those who copy trees, or not (private_directories.h).
void note_made_in(Mount& mount, tree::NodeId directory, bool copying);

} // namespace famfs::daemon::ops
