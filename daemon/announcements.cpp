#include "announcements.h"

#include <utility>

namespace famfs::daemon {

void Announcements::add(std::uint64_t handle, const Announcement& announcement) {
  const std::lock_guard lock(mutex_);
  auto& said = open_.try_emplace(handle, said_.end()).first->second;
  const auto before = std::exchange(said, said_.insert(announcement));
  if (before != said_.end()) {
    said_.erase(before);
  }
}

void Announcements::remove(std::uint64_t handle) {
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(handle); found != open_.end()) {
    if (found->second != said_.end()) { // else memory ran out between the two
      said_.erase(found->second);
    }
    open_.erase(found);
  }
}

bool Announcements::has(const Announcement& announcement) const {
  const std::lock_guard lock(mutex_);
  return said_.contains(announcement);
}

} // namespace famfs::daemon
