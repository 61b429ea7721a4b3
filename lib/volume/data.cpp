#include "volume/impl.h"
#include "volume/space.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::volume {

namespace {

// Sums that cannot wrap, and files that loff_t can address.
Result<std::uint64_t> end_of(std::uint64_t offset, std::uint64_t length) {
  const auto end = checked_add(offset, length);
  if (!end || *end > kMaxFileSize) {
    return fail(Errc::too_big,
                fmt::format("{} bytes at offset {}: past the largest file, {}: write "
                            "less",
                            length, offset, kMaxFileSize));
  }
  return *end;
}

std::uint64_t length_within(std::uint64_t size, std::uint64_t offset,
                            std::uint64_t length) noexcept {
  return offset < size ? std::min(length, size - offset) : 0;
}

// Copies into a range that the map holds; written back and fenced. The bytes written before the
// first failure, or that failure if there are none.
Result<std::uint64_t> copy_in(media::Memory& memory, const BadMemory& bad,
                              const format::FileMap& map, std::uint64_t offset,
                              std::uint64_t length, WriteSource& source) {
  if (auto good = bad.avoid(map, offset, length); !good) {
    return std::unexpected(good.error());
  }
  std::uint64_t done = 0;
  Result<void> result;
  format::for_each_segment(map, offset, length, [&](const format::Segment& segment) {
    result = source.copy(memory, segment.offset, segment.length);
    // After a failure too: a part may have been written.
    auto written = memory.write_back(segment.offset, segment.length);
    if (result) {
      result = std::move(written);
    }
    done += result ? segment.length : 0;
    return result.has_value();
  });
  memory.fence();
  if (!result && done == 0) {
    return std::unexpected(result.error());
  }
  return done;
}

Result<std::uint64_t> copy_out(const media::Memory& memory, const BadMemory& bad,
                               const format::FileMap& map, std::uint64_t offset, MutableBytes to) {
  if (auto good = bad.avoid(map, offset, to.size()); !good) {
    return std::unexpected(good.error());
  }
  Result<void> result;
  format::for_each_segment(map, offset, to.size(), [&](const format::Segment& segment) {
    result = memory.load(segment.offset, to.subspan(segment.file_offset - offset, segment.length));
    return result.has_value();
  });
  if (!result) {
    return std::unexpected(result.error());
  }
  return to.size();
}

} // namespace

Result<holder::Pin> Volume::pin(NodeId id) {
  return guarded([&]() -> Result<holder::Pin> {
    // Under the volume's lock: see Impl::reap().
    const std::shared_lock lock(impl_->mutex);
    const auto attributes = impl_->attributes_of(id);
    if (!attributes) {
      return stale(id);
    }
    if (attributes->kind == Kind::directory) {
      return impl_->directory_error(id);
    }
    return impl_->pins.pin(id);
  });
}

Result<void> Volume::Impl::look_anew(const Committed& file, std::uint64_t offset,
                                     std::uint64_t length) const {
  if (auto good = bad.avoid(file.map, offset, length); !good || role == Role::master) {
    return good;
  }
  return invalidate(memory, file.map, offset, offset + length);
}

void Volume::Impl::look_anew_once(NodeId id, const Committed& file) {
  const auto looked = [&] {
    const std::shared_lock lock(mutex);
    return looked_at.contains(id);
  };
  if (role == Role::master || looked()) {
    return;
  }
  // Memory that is bad cannot be mapped better than it is: its loads raise SIGBUS.
  (void)invalidate(memory, file.map, 0, file.info.size);
  const std::unique_lock lock(mutex);
  looked_at.insert(id);
}

Result<std::uint64_t> Volume::segments(NodeId id, std::uint64_t offset, std::uint64_t length,
                                       const SegmentFn& fn) {
  return guarded([&]() -> Result<std::uint64_t> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    format::FileMap map;
    if (auto* pending = std::get_if<LockedPending>(&*file)) {
      Pending& p = *pending->file;
      if (auto may = impl_->may_show(p, Reader::anyone); !may) {
        return std::unexpected(may.error());
      }
      length = length_within(p.size, offset, length);
      if (auto cleaned = p.clean(impl_->memory, length > 0 ? offset + length : 0); !cleaned) {
        return std::unexpected(cleaned.error());
      }
      p.handed_out = true;
      map = p.map;
      pending->lock.unlock();
    } else {
      const auto& committed = std::get<Committed>(*file);
      length = length_within(committed.info.size, offset, length);
      map = committed.map;
      if (auto looked = impl_->look_anew(committed, offset, length); !looked) {
        return std::unexpected(looked.error());
      }
    }
    if (auto good = impl_->bad.avoid(map, offset, length); !good) {
      return std::unexpected(good.error());
    }
    format::for_each_segment(map, offset, length, fn);
    return length;
  });
}

Result<std::uint64_t> Volume::read(NodeId id, std::uint64_t offset, MutableBytes to) {
  return guarded([&]() -> Result<std::uint64_t> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (const auto* committed = std::get_if<Committed>(&*file)) {
      to = to.first(length_within(committed->info.size, offset, to.size()));
      if (auto looked = impl_->look_anew(*committed, offset, to.size()); !looked) {
        return std::unexpected(looked.error());
      }
      return copy_out(impl_->memory, impl_->bad, committed->map, offset, to);
    }
    Pending& pending = *std::get<LockedPending>(*file).file;
    to = to.first(length_within(pending.size, offset, to.size()));
    if (auto cleaned = pending.clean(impl_->memory, to.empty() ? 0 : offset + to.size());
        !cleaned) {
      return std::unexpected(cleaned.error());
    }
    return copy_out(impl_->memory, impl_->bad, pending.map, offset, to);
  });
}

Result<std::uint64_t> Volume::write(NodeId id, std::uint64_t offset, std::uint64_t length,
                                    WriteSource& source) {
  return guarded([&]() -> Result<std::uint64_t> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (length == 0) {
      return 0;
    }
    auto* pending = std::get_if<LockedPending>(&*file);
    auto written = pending ? impl_->write(*pending->file, offset, length, source)
                           : impl_->write(id, std::get<Committed>(*file), offset, length, source);
    if (written) {
      impl_->times.touch(id);
    }
    return written;
  });
}

Result<std::uint64_t> Volume::Impl::write(NodeId id, const Committed& file, std::uint64_t offset,
                                          std::uint64_t length, WriteSource& source) {
  if (file.info.flags == format::kFileAllHostsRead) {
    return fail(
        Errc::not_permitted,
        fmt::format("{}: it is read-only for all hosts: write a new file", locked_path(id)));
  }
  length = length_within(file.info.size, offset, length);
  if (length == 0) {
    return fail(
        Errc::not_permitted,
        fmt::format("{}: offset {}: its size, {}, is fixed when it is committed: write a new "
                    "file",
                    locked_path(id), offset, file.info.size));
  }
  return copy_in(memory, bad, file.map, offset, length, source);
}

Result<std::uint64_t> Volume::Impl::write(Pending& file, std::uint64_t offset, std::uint64_t length,
                                          WriteSource& source) {
  if (file.raw) {
    length = length_within(file.size, offset, length);
    if (length == 0) {
      return std::unexpected(fixed_size(file).error());
    }
    return copy_in(memory, bad, file.map, offset, length, source);
  }
  const auto end = end_of(offset, length);
  if (!end) {
    return std::unexpected(end.error());
  }
  if (auto grown = grow_to(file, *end, Growth::doubling); !grown) {
    return std::unexpected(grown.error());
  }
  if (auto cleaned = file.clean(memory, offset); !cleaned) {
    return std::unexpected(cleaned.error());
  }
  const auto done = copy_in(memory, bad, file.map, offset, length, source);
  if (done) {
    // Not past a failure: what lies there is zeroed before it is read.
    file.high_water = std::max(file.high_water, offset + *done);
    file.size = std::max(file.size.load(), offset + *done);
  }
  return done;
}

Result<void> Volume::Impl::fixed_size(const Pending& file) const {
  return fail(Errc::not_permitted,
              fmt::format("{}: its size, {}, was fixed when it was laid out: stay within it",
                          locked_path(file.id), file.size.load()));
}

Result<void> Volume::Impl::may_show(const Pending& file, Reader reader) const {
  if (!file.raw || reader == Reader::root) {
    return {};
  }
  return fail(
      Errc::access_denied,
      fmt::format("{}: its space is raw: before it is committed root alone may see it, in a map",
                  locked_path(file.id)));
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
    return fail(Errc::invalid, fmt::format("{}: size {}: out of range: give 1 to {}",
                                           locked_path(file.id), layout.size, kMaxFileSize));
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

Result<Volume::MapView> Volume::map(NodeId id, bool use, Reader reader) {
  return guarded([&]() -> Result<MapView> {
    auto file = impl_->acquire(id);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (const auto* committed = std::get_if<Committed>(&*file)) {
      if (use) {
        impl_->look_anew_once(id, *committed);
        impl_->watch_mapped(id);
      }
      return MapView{.map = committed->map, .size = committed->info.size, .pending = false};
    }
    Pending& pending = *std::get<LockedPending>(*file).file;
    if (use) {
      if (auto may = impl_->may_show(pending, reader); !may) {
        return std::unexpected(may.error());
      }
      if (auto cleaned = pending.clean(impl_->memory, pending.visible_end(impl_->map_unit));
          !cleaned) {
        return std::unexpected(cleaned.error());
      }
      pending.mapped = true;
      pending.handed_out = true;
    }
    const std::uint64_t size = pending.size;
    return MapView{.map = cut(pending.map, size, impl_->geometry.alloc_unit).kept,
                   .size = size,
                   .pending = true};
  });
}

} // namespace famfs::volume
