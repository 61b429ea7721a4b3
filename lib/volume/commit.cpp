// Commit: data, then entry, then the log header's counters (docs/architecture.md, invariant 3).
#include "volume/impl.h"
#include "volume/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace famfs::volume {

Appended Volume::Impl::append(const format::EntryBody& body) {
  const std::uint64_t before = writer->used();
  auto index = writer->append(body);
  Appended appended{.visible = writer->used() > before, .result = {}};
  if (!index) {
    appended.result = std::unexpected(std::move(index.error()));
  }
  return appended;
}

Result<void> Volume::Impl::commit(LockedPending held, bool even_empty) {
  Pending& file = *held.file;
  if ((file.size == 0 && !even_empty) || is_orphan(file)) {
    return {};
  }
  if (auto cleaned = file.clean(memory, file.visible_end(map_unit)); !cleaned) {
    return cleaned;
  }
  // Writes are durable when they return; stores through maps are nobody's until here.
  if (file.mapped) {
    if (auto written = write_back(memory, file.map, 0, file.size); !written) {
      return written;
    }
  }
  const auto rest = std::make_shared<format::Extents>();
  holder::Pins::Waiting freer;
  freer.emplace_back([this, rest] {
    const std::unique_lock exclusive(mutex);
    free_extents(contents.allocator, *rest);
  });
  std::unique_lock lock(mutex);
  if (file.orphan) {
    return {};
  }
  auto recorded = record(file, *rest);
  const bool committed = file.state == PendingState::committed;
  if (!file.handed_out) {
    free_extents(contents.allocator, *rest);
    rest->clear();
  }
  lock.unlock();
  held.lock.unlock();
  if (!rest->empty()) {
    pins.when_free(file.id, std::move(freer));
  }
  if (committed && file.mapped) {
    watch_mapped(file.id);
  }
  return recorded;
}

// What may fail comes before the append: once the entry is in the log, the tree must follow.
Result<void> Volume::Impl::record(Pending& file, format::Extents& rest) {
  if (auto may = may_append(); !may) {
    return may;
  }
  auto& tree = contents.tree;
  if (auto above = record_directory(tree.parent(file.id)); !above) {
    return above;
  }
  const Cut shape = cut(file.map, file.size, geometry.alloc_unit);
  tree::NodeInfo info = file.info;
  info.size = file.size;
  info.entry = writer->used();
  const format::FileEntry entry{.path = format::RelPath(tree.path(file.id)),
                                .size = info.size,
                                .flags = info.flags,
                                .uid = info.uid,
                                .gid = info.gid,
                                .mode = info.mode,
                                .map = shape.kept};
  if (const auto fault = format::validate({.seqnum = info.entry, .body = entry}, geometry)) {
    return fail(Errc::invalid, format::describe(*fault));
  }
  if (auto set = tree.set_map(file.id, shape.kept); !set) {
    return set;
  }
  if (auto set = tree.set_info(file.id, info); !set) {
    return set;
  }
  if (file.mapped) {
    mapped.try_emplace(file.id, false);
  }
  auto appended = append(entry);
  if (!appended.visible) {
    return appended.result;
  }
  info.pending = false;
  cannot_fail(tree.set_info(file.id, info));
  file.map = shape.kept;
  file.state = PendingState::committed;
  pending.erase(file.id);
  rest = shape.rest;
  return appended.result;
}

// Replay refuses what comes before the directory that it is in.
Result<void> Volume::Impl::record_directory(NodeId id) {
  auto& tree = contents.tree;
  tree::NodeInfo info = *tree.info(id);
  if (!info.pending) {
    return {};
  }
  if (auto above = record_directory(tree.parent(id)); !above) {
    return above;
  }
  info.entry = writer->used();
  auto appended = append(format::MkdirEntry{
      .path = format::RelPath(tree.path(id)), .uid = info.uid, .gid = info.gid, .mode = info.mode});
  if (appended.visible) {
    info.pending = false;
    cannot_fail(tree.set_info(id, info));
    pending_directories.erase(id);
  }
  return appended.result;
}

Result<bool> Volume::Impl::commit_directory(NodeId id) {
  const std::unique_lock lock(mutex);
  if (!pending_directories.contains(id)) {
    return false;
  }
  if (auto may = may_append(); !may) {
    return std::unexpected(may.error());
  }
  if (auto recorded = record_directory(id); !recorded) {
    return std::unexpected(recorded.error());
  }
  return true;
}

bool Volume::Impl::is_orphan(const Pending& file) const {
  const std::shared_lock lock(mutex);
  return file.orphan;
}

Result<void> Volume::commit(NodeId id, Why why) {
  return guarded([&]() -> Result<void> {
    if (impl_->directory_info(id)) {
      const auto committed = impl_->commit_directory(id);
      return committed ? Result<void>{} : std::unexpected(committed.error());
    }
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    auto* pending = std::get_if<LockedPending>(&*file);
    if (!pending || (pending->file->on_request && why != Why::by_request)) {
      return {};
    }
    return impl_->commit(std::move(*pending), false);
  });
}

Result<void> Volume::sync(NodeId id) {
  return guarded([&]() -> Result<void> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (const auto* committed = std::get_if<Committed>(&*file)) {
      return impl_->sync(id, *committed);
    }
    auto& pending = std::get<LockedPending>(*file);
    if (pending.file->on_request) {
      return {};
    }
    return impl_->commit(std::move(pending), false);
  });
}

Result<void> Volume::Impl::sync(NodeId id, const Committed& file) {
  {
    const std::unique_lock lock(mutex);
    const auto found = mapped.find(id);
    if (found == mapped.end()) {
      return {};
    }
    // No mapping is left that could store again: this write-back is the last one needed.
    if (!found->second) {
      mapped.erase(found);
    }
  }
  auto written = write_back(memory, file.map, 0, file.info.size);
  if (!written) {
    const std::unique_lock lock(mutex);
    mapped.try_emplace(id, false);
  }
  return written;
}

void Volume::Impl::watch_mapped(NodeId id) {
  holder::Pins::Waiting unwatch;
  unwatch.emplace_back([this, id] {
    const std::unique_lock lock(mutex);
    if (const auto found = mapped.find(id); found != mapped.end()) {
      found->second = false;
    }
  });
  {
    const std::unique_lock lock(mutex);
    bool& watched = mapped[id];
    if (std::exchange(watched, true)) {
      return;
    }
  }
  pins.when_free(id, std::move(unwatch));
}

Result<void> Volume::close(NodeId id) {
  return guarded([&]() -> Result<void> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    auto* pending = std::get_if<LockedPending>(&*file);
    if (!pending) {
      return {};
    }
    if (pending->file->on_request) {
      pending->lock.unlock();
      impl_->drop(id);
      return {};
    }
    return impl_->commit(std::move(*pending), false);
  });
}

std::uint64_t
Volume::commit_all(const std::function<void(const std::string& path, const Error&)>& failed) {
  const auto files = guarded([&]() -> Result<std::vector<NodeId>> { return impl_->unfinished(); });
  if (!files) {
    failed("/", files.error());
    return 0;
  }
  std::uint64_t count = 0;
  for (const NodeId id : *files) {
    const auto finished = guarded([&] { return impl_->finish(id); });
    if (finished) {
      count += *finished ? 1 : 0;
    } else if (finished.error().code != Errc::stale) {
      failed(impl_->locked_path(id), finished.error());
    }
  }
  return count;
}

std::vector<NodeId> Volume::Impl::unfinished() const {
  const std::shared_lock lock(mutex);
  std::vector<NodeId> files(pending_directories.begin(), pending_directories.end());
  for (const auto& [id, file] : pending) {
    if (!file->orphan) {
      files.push_back(id);
    }
  }
  for (const auto& [id, live] : mapped) {
    files.push_back(id);
  }
  std::ranges::sort(files);
  const auto doubles = std::ranges::unique(files);
  files.erase(doubles.begin(), doubles.end());
  return files;
}

Result<bool> Volume::Impl::finish(NodeId id) {
  if (directory_info(id)) {
    return commit_directory(id);
  }
  auto file = acquire(id);
  if (!file) {
    return std::unexpected(file.error());
  }
  Result<void> result;
  auto* held = std::get_if<LockedPending>(&*file);
  if (held && held->file->on_request) {
    return false;
  }
  result = held ? commit(std::move(*held), true) : sync(id, std::get<Committed>(*file));
  if (!result) {
    return std::unexpected(result.error());
  }
  return held != nullptr;
}

} // namespace famfs::volume
