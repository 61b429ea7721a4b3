// chmod, chown, truncate and utimensat.
#include "volume/impl.h"
#include "volume/space.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::volume {

namespace {

// What is asked of a committed file or directory may be what it has already; else, what it is that
// would change.
std::optional<std::string_view> what_would_change(const tree::NodeInfo& info,
                                                  const Change& change) noexcept {
  if (change.mode && *change.mode != info.mode) {
    return "mode";
  }
  if ((change.uid && *change.uid != info.uid) || (change.gid && *change.gid != info.gid)) {
    return "owner";
  }
  if (change.size && *change.size != info.size) {
    return "size";
  }
  return std::nullopt;
}

} // namespace

Result<void> recordable_mode(std::uint32_t mode) {
  if ((mode & ~format::kModeBits) == 0) {
    return {};
  }
  return fail(Errc::not_permitted,
              fmt::format("mode {:#o}: the format records permission bits only: stay within {:#o}",
                          mode, format::kModeBits));
}

Result<Attributes> Volume::change(NodeId id, const Change& change) {
  return guarded([&]() -> Result<Attributes> {
    if (auto changed = impl_->change(id, change); !changed) {
      return std::unexpected(changed.error());
    }
    return attributes(id);
  });
}

Result<void> Volume::Impl::change(NodeId id, const Change& change) {
  if (const auto directory = directory_info(id)) {
    return change.size ? directory_error(id) : change_directory(id, change);
  }
  auto file = acquire(id);
  if (!file) {
    return std::unexpected(file.error());
  }
  if (const auto* committed = std::get_if<Committed>(&*file)) {
    return change_fixed(id, committed->info, change);
  }
  return change_pending(*std::get<LockedPending>(*file).file, change);
}

Result<void> Volume::Impl::change_directory(NodeId id, const Change& change) {
  std::unique_lock lock(mutex);
  auto info = contents.tree.info(id);
  if (!info) {
    return stale(id);
  }
  if (!info->pending) {
    lock.unlock();
    return change_fixed(id, *info, change);
  }
  if (auto recordable = recordable_mode(change.mode.value_or(0)); !recordable) {
    return recordable;
  }
  info->mode = change.mode.value_or(info->mode);
  info->uid = change.uid.value_or(info->uid);
  info->gid = change.gid.value_or(info->gid);
  cannot_fail(contents.tree.set_info(id, *info));
  if (change.modified) {
    times.set(id, *change.modified);
  }
  return {};
}

Result<void> Volume::Impl::change_fixed(NodeId id, const tree::NodeInfo& info,
                                        const Change& change) {
  if (const auto what = what_would_change(info, change)) {
    return fail(Errc::not_permitted,
                fmt::format("{}: it is committed: its {} cannot change: write a "
                            "new file",
                            locked_path(id), *what));
  }
  if (change.modified) {
    times.set(id, *change.modified);
  }
  return {};
}

Result<void> Volume::Impl::change_pending(Pending& file, const Change& change) {
  if (change.mode) {
    if (auto recordable = recordable_mode(*change.mode); !recordable) {
      return recordable;
    }
  }
  if (change.size) {
    if (auto sized = set_size(file, *change.size); !sized) {
      return sized;
    }
    times.touch(file.id);
  }
  if (change.modified) {
    times.set(file.id, *change.modified);
  }
  const std::unique_lock lock(mutex);
  file.info.mode = change.mode.value_or(file.info.mode);
  file.info.uid = change.uid.value_or(file.info.uid);
  file.info.gid = change.gid.value_or(file.info.gid);
  return {};
}

Result<void> Volume::Impl::set_size(Pending& file, std::uint64_t size) {
  const std::uint64_t before = file.size;
  if (size == before) {
    return {};
  }
  if (file.raw) {
    return fixed_size(file);
  }
  if (size < before) {
    return shrink(file, size);
  }
  if (auto grown = grow_to(file, size, Growth::exact); !grown) {
    return grown;
  }
  file.size = size;
  return {};
}

Result<void> Volume::Impl::shrink(Pending& file, std::uint64_t size) {
  // What was cut off must read as zeros when the file grows again. A program that has it mapped may
  // store there at any time, so it cannot be left for later: that would wipe out the program's
  // bytes.
  if (file.mapped) {
    if (auto zeroed = zero(memory, file.map, size, file.high_water); !zeroed) {
      return zeroed;
    }
  } else {
    file.high_water = std::min(file.high_water, size);
  }
  file.size = size;
  cut_off(file);
  return {};
}

// Space that somebody outside may have an address of is cut off at commit, when it is certain that
// the file will not grow into it again.
void Volume::Impl::cut_off(Pending& file) {
  if (file.handed_out) {
    return;
  }
  const Cut shape = cut(file.map, file.size, geometry.alloc_unit);
  const std::unique_lock lock(mutex);
  file.map = shape.kept;
  free_extents(contents.allocator, shape.rest);
}

Result<void> Volume::trim(NodeId id) {
  return guarded([&]() -> Result<void> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (auto* pending = std::get_if<LockedPending>(&*file)) {
      impl_->cut_off(*pending->file);
    }
    return {};
  });
}

} // namespace famfs::volume
