#include "volume/impl.h"

#include "base/text.h"

#include <fmt/format.h>

namespace famfs::volume {

Result<Attributes> Volume::lookup(NodeId parent, std::string_view name) const {
  return guarded([&]() -> Result<Attributes> {
    const std::shared_lock lock(impl_->mutex);
    if (const auto id = impl_->contents.tree.find(parent, name)) {
      return *impl_->attributes_of(*id);
    }
    return std::unexpected(impl_->why_not_found(parent, name));
  });
}

Result<Attributes> Volume::attributes(NodeId id) const {
  return guarded([&]() -> Result<Attributes> {
    const std::shared_lock lock(impl_->mutex);
    if (const auto attributes = impl_->attributes_of(id)) {
      return *attributes;
    }
    return stale(id);
  });
}

Result<NodeId> Volume::parent(NodeId id) const {
  return guarded([&]() -> Result<NodeId> {
    const std::shared_lock lock(impl_->mutex);
    if (const NodeId parent = impl_->contents.tree.parent(id)) {
      return parent;
    }
    return stale(id);
  });
}

Result<std::string> Volume::path(NodeId id) const {
  return guarded([&]() -> Result<std::string> {
    const std::shared_lock lock(impl_->mutex);
    if (!impl_->contents.tree.info(id)) {
      return stale(id);
    }
    return impl_->contents.tree.path(id);
  });
}

Result<void> Volume::list(NodeId directory, std::uint64_t cookie, const ListFn& fn) const {
  return guarded([&]() -> Result<void> {
    const std::shared_lock lock(impl_->mutex);
    if (auto found = impl_->expect_directory(directory); !found) {
      return found;
    }
    while (const auto child = impl_->contents.tree.next_child(directory, cookie)) {
      if (!fn(*child, *impl_->attributes_of(child->id))) {
        break;
      }
      cookie = child->cookie;
    }
    return {};
  });
}

Result<Attributes> Volume::make_directory(NodeId parent, std::string_view name, Owner owner,
                                          std::uint32_t mode) {
  return guarded([&]() -> Result<Attributes> {
    return impl_->make(parent, name,
                       {.kind = Kind::directory,
                        .uid = owner.uid,
                        .gid = owner.gid,
                        .mode = mode,
                        .pending = true},
                       false);
  });
}

Result<Attributes> Volume::create(NodeId parent, std::string_view name, Owner owner,
                                  std::uint32_t mode, bool on_request) {
  return guarded([&]() -> Result<Attributes> {
    return impl_->make(parent, name,
                       {.kind = Kind::file,
                        .uid = owner.uid,
                        .gid = owner.gid,
                        .mode = mode,
                        .pending = true,
                        .flags = format::kFileAllHostsWrite},
                       on_request);
  });
}

Result<Attributes> Volume::Impl::make(NodeId parent, std::string_view name,
                                      const tree::NodeInfo& info, bool on_request) {
  const std::unique_lock lock(mutex);
  if (auto may = may_make(parent, name, info.mode); !may) {
    return std::unexpected(may.error());
  }
  const auto id = insert_pending(parent, name, info);
  if (!id) {
    return std::unexpected(id.error());
  }
  if (on_request) {
    pending_of(*id)->on_request = true; // nobody else knows of it yet
  }
  times.touch(*id);
  times.touch(parent);
  return *attributes_of(*id);
}

Result<void> Volume::Impl::may_make(NodeId parent, std::string_view name,
                                    std::uint32_t mode) const {
  const auto path = new_path(parent, name);
  if (!path) {
    return std::unexpected(path.error());
  }
  if (contents.tree.find(parent, name)) {
    return fail(Errc::exists, fmt::format("{}: it exists: use another name", printable(*path)));
  }
  if (auto recordable = recordable_mode(mode); !recordable) {
    return recordable;
  }
  if (auto may = may_append(); !may) {
    return may;
  }
  return room_in_log();
}

Result<NodeId> Volume::Impl::insert_pending(NodeId parent, std::string_view name,
                                            const tree::NodeInfo& info) {
  auto id = contents.tree.insert(parent, name, info);
  if (!id) {
    return id;
  }
  try {
    if (info.kind == Kind::directory) {
      pending_directories.insert(*id);
    } else {
      pending.emplace(*id, std::make_shared<Pending>(*id, info));
    }
  } catch (const std::bad_alloc&) {
    cannot_fail(contents.tree.remove(*id));
    throw;
  }
  return id;
}

} // namespace famfs::volume
