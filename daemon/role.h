// Master or client: whether this host may append (docs/format.md, "Roles").
#pragma once

#include "media/memory.h"
#include "options.h"
#include "volume/volume.h"

namespace famfs::daemon {

// The superblock is looked at for its system UUID only; whether it is valid is Volume::open's to
// say.
[[nodiscard]] Result<volume::Role> role_for(const MountOptions& options, bool root,
                                            const media::Memory& memory);

} // namespace famfs::daemon
