// One mount from claim to release: opens the device, claims it, replays, mounts, serves, commits
// what is pending, gives the device back.
#pragma once

#include "base/error.h"
#include "options.h"

#include <functional>

namespace famfs::daemon {

// Returns when the mount has ended. `ready` is called once, when it can be used, on any thread. An
// error after that is logged already. Needs block_ending_signals() before.
[[nodiscard]] Result<void> run_session(const CommandLine& line, const std::function<void()>& ready);

// The path as the kernel will show it. Errors: not there, not a directory, of a
// daemon that is gone.
[[nodiscard]] Result<std::string> check_mount_point(const std::string& path);

} // namespace famfs::daemon
