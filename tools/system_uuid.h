// The system UUID that is in force on this host.
#pragma once

#include "base/config.h"
#include "base/uuid.h"
#include "context.h"

namespace famfs::tools {

// As mount and mkfs see it: famfs.yaml's, else host_uuid().
[[nodiscard]] Result<Uuid> system_uuid(const Context& context, const Config& config,
                                       HostIdMode mode);

} // namespace famfs::tools
