// famfsd, and mount(8)'s helper: one program, told apart by its name.
#pragma once

#include <string>
#include <vector>

namespace famfs::daemon {

// The exit code: mount(8)'s 0, 1 (usage), 32 (failed).
[[nodiscard]] int run(const std::vector<std::string>& args);

} // namespace famfs::daemon
