#include "announcements.h"

namespace famfs::daemon {

void Announcements::add(std::uint64_t handle, const Announcement& announcement) {
  remove(handle);
  const std::lock_guard lock(mutex_);
  if (open_.try_emplace(handle, announcement).second) {
    said_.insert(announcement);
  }
}

void Announcements::remove(std::uint64_t handle) {
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(handle); found != open_.end()) {
    said_.erase(said_.find(found->second));
    open_.erase(found);
  }
}

bool Announcements::has(const Announcement& announcement) const {
  const std::lock_guard lock(mutex_);
  return said_.contains(announcement);
}

} // namespace famfs::daemon
