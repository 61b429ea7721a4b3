// What is in force where famfs.yaml says nothing and this host does.
#pragma once

#include "base/config.h"
#include "base/uuid.h"
#include "context.h"

namespace famfs::tools {

// This host's, as mount and mkfs see it: the file's, else host_uuid().
[[nodiscard]] Result<Uuid> system_uuid(const Context& context, const Config& config,
                                       HostIdMode mode);

} // namespace famfs::tools
