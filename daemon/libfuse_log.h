// What libfuse has to say: its errors are kept for the one line that a failed mount prints, and go
// to our log afterwards. Process-wide, as libfuse's logging is.
#pragma once

#include <string>

namespace famfs::daemon {

void capture_fuse_log();                       // before a session is made
[[nodiscard]] std::string captured_fuse_log(); // one line; empty: it said nothing
void forward_fuse_log();                       // from now on to diag

} // namespace famfs::daemon
