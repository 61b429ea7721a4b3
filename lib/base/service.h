// What the service manager that started this process is told (sd_notify(3)). Without one, nothing
// happens. Thread-safe but for leave().
#pragma once

#include <string_view>

namespace famfs::service {

void ready(std::string_view status); // `status`: a line for `systemctl status`
void stopping(std::string_view status);

// Says nothing from now on: for a daemon that leaves the service which started it, whose state is
// not its to tell. Before the first thread.
void leave();

} // namespace famfs::service
