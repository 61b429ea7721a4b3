#include "open_files.h"

namespace famfs::daemon {

Handle* OpenFiles::add(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  Handle* const key = handle.get();
  Counts& counts = nodes_[key->node];
  handles_.emplace(key, std::move(handle));
  // Nothing can fail now: a handle that is counted and not there would be its file's for ever.
  ++counts.handles;
  counts.writers += key->writable ? 1 : 0;
  return key;
}

OpenFiles::Removed OpenFiles::remove(Handle* handle) {
  Removed removed;
  const std::lock_guard lock(mutex_);
  removed.handle = std::move(handles_.extract(handle).mapped());
  const auto node = nodes_.find(handle->node);
  Counts& counts = node->second;
  --counts.handles;
  counts.writers -= handle->writable ? 1 : 0;
  removed.last_writer = handle->writable && counts.writers == 0;
  removed.last = counts.handles == 0;
  if (removed.last) {
    nodes_.erase(node);
  }
  return removed;
}

bool OpenFiles::only_writer(const Handle& handle) const {
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(handle.node);
  return handle.writable && node != nodes_.end() && node->second.writers == 1;
}

std::uint64_t OpenFiles::count() const {
  const std::lock_guard lock(mutex_);
  return handles_.size();
}

} // namespace famfs::daemon
