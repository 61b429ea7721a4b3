// A cross link made on purpose, so that fsck can be shown one.
#include "volume/impl.h"

namespace famfs::volume {

// Not as commit() does it: what that would zero, write back and free is the other file's.
Result<void> Volume::Impl::clone(Pending& file, const Committed& source) {
  struct Borrowed {
    Pending& file;
    ~Borrowed() {
      if (file.state == PendingState::pending) { // or its removal would free the other's space
        file.map = {};
        file.size = 0;
      }
    }
  };
  const std::unique_lock lock(mutex);
  if (file.orphan) {
    return stale(file.id);
  }
  const Borrowed borrowed{file};
  file.map = source.map;
  file.size = source.info.size;
  format::Extents none;
  return record(file, none);
}

Result<void> Volume::clone(NodeId id, NodeId source) {
  return guarded([&]() -> Result<void> {
    const auto from = impl_->acquire(source);
    if (!from) {
      return std::unexpected(from.error());
    }
    const auto* committed = std::get_if<Committed>(&*from);
    if (committed == nullptr) {
      return fail(Errc::invalid, "source: not committed yet: fsync it first");
    }
    if (committed->map.extents.empty()) {
      return fail(Errc::no_map, "source: empty: there is nothing to share");
    }
    auto to = impl_->acquire(id);
    if (!to) {
      return std::unexpected(to.error());
    }
    auto* held = std::get_if<LockedPending>(&*to);
    if (held == nullptr || !held->file->map.extents.empty()) {
      return fail(Errc::not_permitted, "clone: has content of its own: give a new file");
    }
    return impl_->clone(*held->file, *committed);
  });
}

} // namespace famfs::volume
