// The space of pending files: reserved, grown as they are written, laid out at once.
#include "volume/impl.h"
#include "volume/space.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::volume {

Result<void> Volume::Impl::fixed_size(const Pending& file) const {
  return fail(Errc::not_permitted,
              fmt::format("{}: its size, {}, was fixed when it was laid out: stay within it",
                          locked_path(file.id), file.size.load()));
}

Result<void> Volume::Impl::grow_to(Pending& file, std::uint64_t needed, Growth growth) {
  if (needed <= file.map.capacity()) {
    return {};
  }
  if (file.raw) {
    return fixed_size(file);
  }
  if (file.map.kind == format::MapKind::interleaved) {
    return fail(Errc::too_big,
                fmt::format("{}: {} bytes: its strips, laid out at once, hold {}: lay "
                            "out a larger file",
                            locked_path(file.id), needed, file.map.capacity()));
  }
  if (needed > kMaxFileSize) {
    return fail(Errc::too_big, fmt::format("{}: {} bytes: the largest file has {}: write less",
                                           locked_path(file.id), needed, kMaxFileSize));
  }
  const std::unique_lock lock(mutex);
  const std::uint64_t unit = geometry.alloc_unit;
  const std::uint64_t have = allocated_bytes(file.map);
  needed = round_up(needed, unit);
  std::uint64_t wanted = needed;
  if (growth == Growth::doubling) {
    // Never more than half of what is left: other files grow too.
    const std::uint64_t fair = round_down(contents.allocator.free_bytes() / 2, unit);
    wanted = std::max(needed, have + std::min(have, fair));
  }
  auto grown = grow(contents.allocator, file.map, needed, wanted);
  if (!grown) {
    return fail(grown.error().code,
                fmt::format("{}: {}", message_path(file.id), grown.error().message));
  }
  return {};
}

Result<void> Volume::reserve(NodeId id, std::uint64_t offset, std::uint64_t length,
                             bool keep_size) {
  return guarded([&]() -> Result<void> {
    const auto end = end_of(offset, length);
    if (!end) {
      return std::unexpected(end.error());
    }
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (const auto* committed = std::get_if<Committed>(&*file)) {
      if (*end <= committed->info.size) {
        return {};
      }
      return fail(Errc::not_permitted,
                  fmt::format("{}: its size, {}, is fixed when it is committed: "
                              "write a new file",
                              impl_->locked_path(id), committed->info.size));
    }
    Pending& pending = *std::get<LockedPending>(*file).file;
    if (auto grown = impl_->grow_to(pending, *end, Growth::exact); !grown) {
      return grown;
    }
    if (!keep_size && *end > pending.size) {
      return impl_->set_size(pending, *end);
    }
    return {};
  });
}

Result<void> Volume::lay_out(NodeId id, const Layout& layout) {
  return guarded([&]() -> Result<void> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    auto* pending = std::get_if<LockedPending>(&*file);
    if (!pending || pending->file->size > 0 || !pending->file->map.extents.empty()) {
      return fail(Errc::not_permitted,
                  fmt::format("{}: its space is laid out already: lay out a new "
                              "file",
                              impl_->locked_path(id)));
    }
    return impl_->lay_out(*pending->file, layout);
  });
}

Result<void> Volume::Impl::lay_out(Pending& file, const Layout& layout) {
  if (layout.size == 0 || layout.size > kMaxFileSize) {
    return fail(layout.size == 0 ? Errc::invalid : Errc::too_big,
                fmt::format("{}: size {}: out of range: give 1 to {}", locked_path(file.id),
                            layout.size, kMaxFileSize));
  }
  {
    const std::unique_lock lock(mutex);
    auto& allocator = contents.allocator;
    if (layout.stripes) {
      auto map = allocator.allocate_striped(layout.size, *layout.stripes);
      if (!map) {
        return std::unexpected(map.error());
      }
      file.map = *map;
    } else {
      auto extents = allocator.allocate(layout.size);
      if (!extents) {
        return std::unexpected(extents.error());
      }
      file.map.extents = *extents;
    }
  }
  file.size = layout.size;
  file.raw = layout.raw;
  file.on_request = layout.raw || layout.on_request;
  if (!layout.raw) {
    return {};
  }
  return zero(memory, file.map, layout.size,
              std::min(file.visible_end(map_unit), file.map.capacity()));
}

} // namespace famfs::volume
