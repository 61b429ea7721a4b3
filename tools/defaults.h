// What famfs.yaml gives the tools: its keys are read by base; what only the tools and the libraries
// below them know of the values is checked here.
#pragma once

#include "base/config.h"
#include "base/uuid.h"
#include "context.h"

namespace famfs::tools {

// The whole file, every value checked. Errors name file, line and column.
[[nodiscard]] Result<ConfigFile> read_checked(const ConfigSource& source);

// This host's, as mount and mkfs see it: the file's, else host_uuid().
[[nodiscard]] Result<Uuid> system_uuid(const Context& context, const Config& config,
                                       HostIdMode mode);

} // namespace famfs::tools
