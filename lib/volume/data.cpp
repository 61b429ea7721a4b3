#include "volume/impl.h"
#include "volume/space.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::volume {

namespace {

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

Result<void> Volume::Impl::may_show(const Pending& file, Reader reader) const {
  if (!file.raw || reader == Reader::root) {
    return {};
  }
  return fail(
      Errc::access_denied,
      fmt::format("{}: its space is raw: before it is committed root alone may see it, in a map",
                  locked_path(file.id)));
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
