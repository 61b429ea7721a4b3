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
    const std::unique_lock lock(impl_->mutex);
    const auto path = impl_->may_make(parent, name, mode);
    if (!path) {
      return std::unexpected(path.error());
    }
    auto& tree = impl_->contents.tree;
    const auto id = tree.insert(parent, name,
                                {.kind = Kind::directory,
                                 .uid = owner.uid,
                                 .gid = owner.gid,
                                 .mode = mode,
                                 .entry = impl_->writer->used()});
    if (!id) {
      return std::unexpected(id.error());
    }
    const auto appended = impl_->append(format::MkdirEntry{
        .path = format::RelPath(*path), .uid = owner.uid, .gid = owner.gid, .mode = mode});
    if (!appended.visible) {
      cannot_fail(tree.remove(*id));
    }
    if (!appended.result) {
      return std::unexpected(appended.result.error());
    }
    impl_->times.touch(*id);
    impl_->times.touch(parent);
    return *impl_->attributes_of(*id);
  });
}

Result<Attributes> Volume::create(NodeId parent, std::string_view name, Owner owner,
                                  std::uint32_t mode) {
  return guarded([&]() -> Result<Attributes> {
    const std::unique_lock lock(impl_->mutex);
    if (const auto path = impl_->may_make(parent, name, mode); !path) {
      return std::unexpected(path.error());
    }
    const auto id = impl_->insert_pending(parent, name,
                                          {.kind = Kind::file,
                                           .uid = owner.uid,
                                           .gid = owner.gid,
                                           .mode = mode,
                                           .pending = true,
                                           .flags = format::kFileAllHostsWrite});
    if (!id) {
      return std::unexpected(id.error());
    }
    impl_->times.touch(*id);
    impl_->times.touch(parent);
    return *impl_->attributes_of(*id);
  });
}

Result<std::string> Volume::Impl::may_make(NodeId parent, std::string_view name,
                                           std::uint32_t mode) const {
  auto path = new_path(parent, name);
  if (!path) {
    return path;
  }
  if (contents.tree.find(parent, name)) {
    return fail(Errc::exists, fmt::format("{}: it exists: use another name", printable(*path)));
  }
  if (auto recordable = recordable_mode(mode); !recordable) {
    return std::unexpected(recordable.error());
  }
  if (auto may = may_append(); !may) {
    return std::unexpected(may.error());
  }
  if (auto room = room_in_log(); !room) {
    return std::unexpected(room.error());
  }
  return path;
}

Result<NodeId> Volume::Impl::insert_pending(NodeId parent, std::string_view name,
                                            const tree::NodeInfo& info) {
  auto id = contents.tree.insert(parent, name, info);
  if (!id) {
    return id;
  }
  try {
    pending.emplace(*id, std::make_shared<Pending>(*id, info));
  } catch (const std::bad_alloc&) {
    cannot_fail(contents.tree.remove(*id));
    throw;
  }
  return id;
}

} // namespace famfs::volume
