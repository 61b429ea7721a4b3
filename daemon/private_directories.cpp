#include "private_directories.h"

#include "base/diag.h"
#include "base/text.h"

#include <algorithm>

namespace famfs::daemon {

PrivateDirectories::PrivateDirectories(volume::Volume& volume) : volume_(volume) {}

bool PrivateDirectories::is_private(mode_t mode, mode_t umask) noexcept {
  constexpr mode_t others = 077;
  return (others & ~umask & ~mode) != 0;
}

void PrivateDirectories::add(tree::NodeId directory) {
  const std::lock_guard lock(mutex_);
  waiting_.try_emplace(directory);
}

std::vector<tree::NodeId> PrivateDirectories::from(tree::NodeId directory) const {
  std::vector<tree::NodeId> found;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) { // nearly always
      return found;
    }
  }
  Result<tree::NodeId> at = directory;
  for (; at && *at != tree::kRoot; at = volume_.parent(*at)) {
    const std::lock_guard lock(mutex_);
    if (waiting_.contains(*at)) {
      found.push_back(*at);
    }
  }
  return found;
}

bool PrivateDirectories::holds(tree::NodeId node) const {
  const auto parent = volume_.parent(node);
  return parent && !from(*parent).empty();
}

bool PrivateDirectories::wait(tree::NodeId node) {
  const auto parent = volume_.parent(node);
  if (!parent) {
    return false;
  }
  const auto around = from(*parent);
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(around, [&](tree::NodeId directory) {
    const auto found = waiting_.find(directory);
    if (found == waiting_.end()) {
      return false;
    }
    found->second.push_back(node);
    return true;
  });
}

Result<void> PrivateDirectories::commit(tree::NodeId node) {
  if (!wait(node)) {
    return volume_.commit(node, volume::Volume::Why::closed);
  }
  static_cast<void>(volume_.trim(node)); // a directory has nothing to trim
  return {};
}

Result<void> PrivateDirectories::end(tree::NodeId directory) {
  std::vector<tree::NodeId> waited;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = waiting_.find(directory); found != waiting_.end()) {
      waited = std::move(found->second);
      waiting_.erase(found);
    }
  }
  Result<void> result;
  for (const tree::NodeId node : waited) {
    auto done = commit(node);
    if (result && !done && done.error().code != Errc::stale) { // stale: it was removed
      result = std::move(done);
    }
  }
  return result;
}

void PrivateDirectories::end_from(tree::NodeId directory) {
  for (const tree::NodeId found : from(directory)) {
    if (const auto done = end(found); !done) {
      diag::error("{}: not all in it is committed: {}",
                  printable(volume_.path(found).value_or("a directory")), done.error().message);
    }
  }
}

} // namespace famfs::daemon
