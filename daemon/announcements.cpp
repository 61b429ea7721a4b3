#include "announcements.h"

#include <algorithm>

namespace famfs::daemon {

void Announcements::add(std::uint64_t handle, tree::NodeId directory, pid_t thread) {
  const std::lock_guard lock(mutex_);
  open_[handle] = {.directory = directory, .thread = thread};
}

void Announcements::remove(std::uint64_t handle) {
  const std::lock_guard lock(mutex_);
  open_.erase(handle);
}

bool Announcements::has(tree::NodeId directory, pid_t thread) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(open_, [&](const auto& item) {
    return item.second.directory == directory && item.second.thread == thread;
  });
}

} // namespace famfs::daemon
