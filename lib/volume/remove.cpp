// Removing and renaming: of what is pending only, because the format records neither.
#include "volume/impl.h"

#include "base/diag.h"

#include <fmt/format.h>

namespace famfs::volume {

Result<NodeId> Volume::Impl::pending_child(NodeId parent, std::string_view name) const {
  const auto id = contents.tree.find(parent, name);
  if (!id) {
    return std::unexpected(why_not_found(parent, name));
  }
  if (role == Role::client) {
    return std::unexpected(may_append().error());
  }
  if (!contents.tree.info(*id)->pending) {
    return fail(Errc::not_permitted,
                fmt::format("{}: committed: the format records neither removing nor renaming",
                            message_path(*id)));
  }
  return *id;
}

Result<void> Volume::remove(NodeId parent, std::string_view name) {
  return guarded([&]() -> Result<void> {
    std::unique_lock lock(impl_->mutex);
    const auto id = impl_->pending_child(parent, name);
    if (!id) {
      return std::unexpected(id.error());
    }
    if (impl_->pending_directories.contains(*id)) {
      return impl_->remove_directory(*id, parent);
    }
    auto reaper = impl_->reaper(*id);
    if (auto removed = impl_->contents.tree.remove(*id); !removed) {
      return removed;
    }
    impl_->orphan(*id);
    lock.unlock();
    impl_->pins.when_free(*id, std::move(reaper));
    impl_->times.touch(parent);
    return {};
  });
}

Result<void> Volume::Impl::remove_directory(NodeId id, NodeId parent) {
  if (auto removed = contents.tree.remove(id); !removed) {
    return removed;
  }
  pending_directories.erase(id);
  times.forget(id);
  times.touch(parent);
  return {};
}

Result<void> Volume::rename(NodeId parent, std::string_view name, NodeId new_parent,
                            std::string_view new_name, bool replace) {
  return guarded([&]() -> Result<void> {
    std::unique_lock lock(impl_->mutex);
    const auto id = impl_->pending_child(parent, name);
    if (!id) {
      return std::unexpected(id.error());
    }
    if (impl_->pending_directories.contains(*id)) {
      return fail(Errc::not_permitted, fmt::format("{}: a directory: it cannot be renamed: make "
                                                   "one of the right name",
                                                   impl_->message_path(*id)));
    }
    if (const auto path = impl_->new_path(new_parent, new_name); !path) {
      return std::unexpected(path.error());
    }
    auto& tree = impl_->contents.tree;
    const auto target = tree.find(new_parent, new_name);
    if (target) {
      if (auto may = impl_->may_replace(*target, replace); !may) {
        return may;
      }
      if (*target == *id) {
        return {};
      }
    }
    auto reaper = impl_->reaper(target.value_or(0));
    if (auto renamed = tree.rename(*id, new_parent, new_name); !renamed) {
      return renamed;
    }
    if (target) {
      impl_->orphan(*target);
      lock.unlock();
      impl_->pins.when_free(*target, std::move(reaper));
    }
    impl_->times.touch(parent);
    impl_->times.touch(new_parent);
    return {};
  });
}

Result<void> Volume::Impl::may_replace(NodeId target, bool replace) const {
  if (!replace) {
    return fail(Errc::exists, fmt::format("{}: it exists: use another name", message_path(target)));
  }
  if (contents.tree.info(target)->kind == Kind::directory) {
    return fail(Errc::is_directory,
                fmt::format("{}: it is a directory: use another name", message_path(target)));
  }
  if (!pending.contains(target)) {
    return fail(Errc::not_permitted,
                fmt::format("{}: committed: it cannot be replaced: use another "
                            "name",
                            message_path(target)));
  }
  return {};
}

holder::Pins::Waiting Volume::Impl::reaper(NodeId id) {
  holder::Pins::Waiting waiting;
  waiting.emplace_back([this, id] { reap(id); });
  return waiting;
}

void Volume::Impl::orphan(NodeId id) noexcept {
  pending.find(id)->second->orphan = true;
  ++orphans;
}

void Volume::Impl::drop(NodeId id) {
  auto waiting = reaper(id);
  {
    const std::unique_lock lock(mutex);
    const auto file = pending_of(id);
    if (!file || file->orphan) {
      return;
    }
    cannot_fail(contents.tree.remove(id));
    orphan(id);
  }
  pins.when_free(id, std::move(waiting));
}

void Volume::Impl::reap(NodeId id) noexcept try {
  std::shared_ptr<Pending> file;
  {
    const std::shared_lock lock(mutex);
    file = pending_of(id);
  }
  if (!file) {
    return;
  }
  std::unique_lock file_lock(file->mutex);
  std::unique_lock lock(mutex);
  if (!file->orphan || file->state != PendingState::pending) {
    return;
  }
  // Pinned again between the last pin's release and this callback: pin() needs the volume's lock,
  // so nobody can any more while it is held here.
  if (pins.count(id) > 0) {
    lock.unlock();
    file_lock.unlock();
    pins.when_free(id, reaper(id));
    return;
  }
  contents.allocator.free(file->map);
  file->map = {};
  file->state = PendingState::gone;
  pending.erase(id);
  --orphans;
  times.forget(id);
} catch (const std::exception& e) {
  diag::log(diag::Level::error, e.what()); // its space comes back with the next mount
}

} // namespace famfs::volume
