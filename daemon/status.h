// What STATUS tells: a JSON document that grows without a new version.
#pragma once

#include "base/document.h"
#include "mount.h"

#include <cstddef>
#include <string>

namespace famfs::daemon {

[[nodiscard]] Document status_document(const Mount& mount);
// As JSON of at most `most` bytes: the oldest failures are left out when it would be longer.
[[nodiscard]] std::string status_text(const Mount& mount, std::size_t most);

} // namespace famfs::daemon
