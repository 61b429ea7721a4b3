// What STATUS tells: a JSON document that grows without a new version.
#pragma once

#include "mount_base.h"

#include <cstddef>
#include <string>

namespace famfs::daemon {

// Of at most `most` bytes: the oldest failures are left out when it would be longer.
[[nodiscard]] std::string status_text(const MountBase& mount, std::size_t most);

} // namespace famfs::daemon
