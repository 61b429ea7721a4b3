// Modification times, which the format does not record: kept for what was touched since the mount.
// Thread-safe.
#pragma once

#include "tree/tree.h"

#include <ctime>
#include <mutex>
#include <new>
#include <unordered_map>

namespace famfs::volume {

class Times {
public:
  Times() noexcept : mounted_(now()) {}

  [[nodiscard]] timespec get(tree::NodeId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = touched_.find(id);
    return found == touched_.end() ? mounted_ : found->second;
  }
  void set(tree::NodeId id, timespec time) {
    const std::lock_guard lock(mutex_);
    touched_[id] = time;
  }
  // What it is a part of has been done already: without memory the time is the mount's.
  void touch(tree::NodeId id) noexcept {
    try {
      set(id, now());
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
    }
  }
  void forget(tree::NodeId id) {
    const std::lock_guard lock(mutex_);
    touched_.erase(id);
  }

private:
  static timespec now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return time;
  }

  const timespec mounted_;
  mutable std::mutex mutex_;
  std::unordered_map<tree::NodeId, timespec> touched_;
};

} // namespace famfs::volume
