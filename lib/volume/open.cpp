#include "volume/impl.h"
#include "volume/space.h"
#include "volume/superblock_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace famfs::volume {

Volume::Impl::Impl(media::Memory& device_memory, const OpenOptions& open_options,
                   log::Reporter& fault_reporter, format::Superblock valid_superblock,
                   const format::Geometry& valid_geometry, alloc::Allocator allocator)
    : memory(device_memory), reporter(fault_reporter), role(open_options.role),
      map_unit(open_options.map_unit), superblock(std::move(valid_superblock)),
      geometry(valid_geometry), bad(open_options.bad),
      contents{.tree =
                   tree::Tree(open_options.root_uid, open_options.root_gid, open_options.root_mode),
               .allocator = std::move(allocator)} {}

Volume::Volume(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Volume::~Volume() = default;

Result<std::unique_ptr<Volume>> Volume::open(media::Memory& memory, const OpenOptions& options,
                                             log::Reporter& reporter) {
  return guarded([&]() -> Result<std::unique_ptr<Volume>> {
    // Before it is read, of which bad memory makes a machine check.
    if (auto good = metadata_is_good(options.bad, 0, NeedLog::no); !good) {
      return std::unexpected(good.error());
    }
    const auto superblock = valid_superblock(memory, memory.size());
    if (!superblock) {
      return std::unexpected(superblock.error());
    }
    const auto geometry = format::geometry(*superblock, memory.size());
    // Without appending, what can be read of the log is worth having.
    if (auto good = metadata_is_good(options.bad, geometry.log_length,
                                     options.role == Role::master ? NeedLog::yes : NeedLog::no);
        !good) {
      return std::unexpected(good.error());
    }
    auto allocator = alloc::Allocator::make(geometry);
    if (!allocator) {
      return std::unexpected(allocator.error());
    }
    auto impl = std::make_unique<Impl>(memory, options, reporter, *superblock, geometry,
                                       std::move(*allocator));
    if (auto replayed = impl->replay_all(); !replayed) {
      return std::unexpected(replayed.error());
    }
    for (const auto& range : options.bad) {
      if (auto out = impl->contents.allocator.withdraw(range.offset, range.length); !out) {
        return std::unexpected(out.error());
      }
    }
    return std::unique_ptr<Volume>(new Volume(std::move(impl)));
  });
}

Result<log::Replayed> Volume::Impl::replay(std::uint64_t most) {
  const log::Apply apply_entry = [this](std::uint64_t index, const format::Entry& entry) {
    auto fault = apply(contents, index, entry);
    // Kept up entry by entry: a replay that runs out of memory goes on from here the next time.
    position = index + 1;
    return fault;
  };
  auto replayed = log::Reader(memory, geometry).replay(position, apply_entry, reporter, 1, most);
  if (replayed) {
    position = replayed->position;
  }
  return replayed;
}

Result<void> Volume::Impl::replay_all() {
  const auto replayed = replay(UINT64_MAX);
  if (!replayed) {
    return std::unexpected(replayed.error());
  }
  if (role == Role::master && !replayed->stopped) {
    writer.emplace(memory, geometry, position);
  }
  return {};
}

Result<Followed> Volume::Impl::follow(std::uint64_t most) {
  const std::unique_lock lock(mutex);
  if (role == Role::master) {
    return Followed{.position = writer ? writer->used() : position};
  }
  const auto now = valid_superblock(memory, memory.size());
  if (!now || now->file_system != superblock.file_system) {
    return fail(Errc::corrupt, "superblock: it is not the one that was mounted: the device holds "
                               "another file system, or none: unmount");
  }
  const std::uint64_t from = position;
  const std::uint64_t files = contents.tree.files();
  const std::uint64_t directories = contents.tree.directories();
  const auto replayed = replay(most);
  if (!replayed) {
    return std::unexpected(replayed.error());
  }
  return Followed{.entries = position - from,
                  .files = contents.tree.files() - files,
                  .directories = contents.tree.directories() - directories,
                  .faults = replayed->refused + (replayed->stopped ? 1 : 0),
                  .position = position,
                  .left = replayed->stopped ? 0 : replayed->committed - position};
}

Result<Followed> Volume::follow(std::uint64_t most) {
  return guarded([&] { return impl_->follow(most); });
}

const format::Superblock& Volume::superblock() const noexcept {
  return impl_->superblock;
}
const format::Geometry& Volume::geometry() const noexcept {
  return impl_->geometry;
}
Role Volume::role() const noexcept {
  return impl_->role;
}
media::Memory& Volume::memory() noexcept {
  return impl_->memory;
}
std::uint64_t Volume::pins() const {
  return impl_->pins.total();
}

Usage Volume::usage() const {
  const std::shared_lock lock(impl_->mutex);
  const auto& [tree, allocator] = impl_->contents;
  return {.device_bytes = impl_->geometry.device_size,
          .data_bytes = allocator.total_bytes(),
          .free_bytes = allocator.free_bytes(),
          .alloc_unit = impl_->geometry.alloc_unit,
          .bad_bytes = allocator.withdrawn_bytes(),
          .log_entries = impl_->writer ? impl_->writer->used() : impl_->position,
          .log_capacity = format::log_capacity(impl_->geometry.log_length),
          .replayed_entries = impl_->position,
          .files = tree.files(),
          .directories = tree.directories(),
          .pending_files = impl_->pending.size() - impl_->orphans,
          .pending_directories = impl_->pending_directories.size()};
}

std::vector<BadPlace> Volume::bad_places() const {
  const auto bad = impl_->bad.ranges();
  const std::shared_lock lock(impl_->mutex);
  return volume::bad_places(
      bad, impl_->geometry, impl_->contents.tree,
      [this](NodeId id, const tree::NodeInfo& info) { return impl_->map_of(id, info); });
}

std::optional<std::string> Volume::file_in(const media::BadRange& range) const {
  try {
    std::optional<std::string> found;
    const std::shared_lock lock(impl_->mutex);
    const auto& tree = impl_->contents.tree;
    for_each_file(tree, [&](NodeId id, const tree::NodeInfo& info) {
      if (touches(impl_->map_of(id, info), range.offset, range.length)) {
        found = tree.path(id);
      }
      return !found;
    });
    return found;
  } catch (const std::bad_alloc&) {
    return std::nullopt; // nobody can say
  }
}

void Volume::withdraw(const media::BadRange& range) noexcept {
  const auto noted = guarded([&] {
    impl_->bad.add(range, impl_->geometry.device_size);
    const std::unique_lock lock(impl_->mutex);
    return impl_->contents.allocator.withdraw(range.offset, range.length);
  });
  static_cast<void>(noted); // without memory to note it in, it is met again
}

format::FileMap Volume::Impl::map_of(NodeId id, const tree::NodeInfo& info) const {
  const auto file = info.pending ? pending_of(id) : nullptr;
  return file ? file->map : contents.tree.map(id);
}

} // namespace famfs::volume
