// What the daemons of the mounts say, of those alive and of those that are gone.
#pragma once

#include "base/document.h"
#include "base/error.h"
#include "context.h"
#include "mount_point.h"

#include <string>
#include <vector>

namespace famfs::tools {

// None given: every famfs mount. Else the one that the path lies in, or those of the device.
[[nodiscard]] Result<std::vector<MountPoint>> mounts_asked_for(const Context& context,
                                                               const Args& operands);

// STATUS or METRICS of fs_ioctl.h.
using Question = Result<Document> (*)(int directory_fd, const std::string& path);

// The answer, behind what the kernel's table says and `state`: live, or dead when the daemon is
// gone; then there is no answer, but `why` and `what_to_do`.
[[nodiscard]] Result<Document> ask(const Context& context, const MountPoint& mount,
                                   Question question);
[[nodiscard]] bool is_dead(const Document& told);

} // namespace famfs::tools
