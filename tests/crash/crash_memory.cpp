#include "crash_memory.h"

#include "format/entry.h"
#include "format/layout.h"
#include "media/cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <variant>

namespace famfs::crash {

namespace {

std::uint64_t atom_at(const std::vector<std::byte>& bytes, std::uint64_t offset) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Not std::this_thread::get_id(), which a later thread gets again.
Thread me() {
  static std::atomic<Thread> next{1};
  thread_local const Thread mine = next++;
  return mine;
}

Result<void> within(std::uint64_t size, std::uint64_t offset, std::uint64_t length) {
  if (offset > size || length > size - offset) {
    return fail(Errc::invalid,
                fmt::format("memory: [{}, +{}) is outside its {} bytes", offset, length, size));
  }
  return {};
}

} // namespace

CrashMemory::CrashMemory(std::vector<std::byte> bytes) : view_(std::move(bytes)), remains_(view_) {}

void CrashMemory::set_look(Look look) {
  const std::lock_guard lock(mutex_);
  look_ = std::move(look);
}

void CrashMemory::look() const {
  const std::lock_guard lock(mutex_);
  look_locked();
}

void CrashMemory::set_mutation(Mutation mutation) {
  const std::lock_guard lock(mutex_);
  mutation_ = mutation;
}

std::set<Site> CrashMemory::sites() const {
  const std::lock_guard lock(mutex_);
  return sites_;
}

void CrashMemory::look_locked() const {
  if (!look_) {
    return;
  }
  std::vector<Open> open;
  for (const auto& [offset, history] : open_) {
    Open atom{.offset = offset, .values = {}};
    for (const std::uint64_t value : history.values) {
      if (std::ranges::find(atom.values, value) == atom.values.end()) {
        atom.values.push_back(value);
      }
    }
    if (atom.values.size() > 1) {
      open.push_back(std::move(atom));
    }
  }
  std::ranges::sort(open, {}, &Open::offset);
  look_(open);
}

// Atoms that keep their value and are settled have nothing to lose.
void CrashMemory::note(std::uint64_t offset, std::uint64_t length, const auto& change) {
  if (length == 0) {
    return;
  }
  const std::uint64_t begin = offset / kAtom * kAtom;
  const std::uint64_t end =
      std::min<std::uint64_t>(size(), (offset + length + kAtom - 1) / kAtom * kAtom);
  const std::vector<std::byte> before(view_.begin() + static_cast<std::ptrdiff_t>(begin),
                                      view_.begin() + static_cast<std::ptrdiff_t>(end));
  change();
  for (std::uint64_t at = begin; at < end; at += kAtom) {
    const std::uint64_t now = atom_at(view_, at);
    const std::uint64_t was = atom_at(before, at - begin);
    if (now == was) {
      continue;
    }
    auto [found, fresh] = open_.try_emplace(at);
    if (fresh) {
      found->second.values.push_back(was);
    }
    found->second.values.push_back(now);
  }
}

Result<void> CrashMemory::load(std::uint64_t offset, MutableBytes to) const {
  const std::lock_guard lock(mutex_);
  if (auto ok = within(size(), offset, to.size()); !ok) {
    return ok;
  }
  std::ranges::copy_n(view_.begin() + static_cast<std::ptrdiff_t>(offset),
                      static_cast<std::ptrdiff_t>(to.size()), to.begin());
  return {};
}

Result<void> CrashMemory::store(std::uint64_t offset, Bytes from) {
  const std::lock_guard lock(mutex_);
  if (auto ok = within(size(), offset, from.size()); !ok) {
    return ok;
  }
  if (from.size() == format::kEntrySize) {
    look_at_entry(offset, from);
  }
  if (mutation_.header_first && hold_back(offset, from)) {
    return {};
  }
  note(offset, from.size(),
       [&] { std::ranges::copy(from, view_.begin() + static_cast<std::ptrdiff_t>(offset)); });
  return {};
}

std::optional<std::uint64_t> CrashMemory::too_early() const {
  const std::lock_guard lock(mutex_);
  return too_early_;
}

void CrashMemory::look_at_entry(std::uint64_t offset, Bytes entry) {
  const format::Geometry geometry{
      .device_size = size(), .log_length = format::kMinLogLength, .alloc_unit = format::kAllocUnit};
  const auto decoded = format::decode_entry(
      entry, (offset - format::entry_offset(0)) / format::kEntrySize, geometry);
  const auto* const file = decoded ? std::get_if<format::FileEntry>(&decoded->body) : nullptr;
  for (const auto& [at, history] : open_) {
    const auto inside = [at](const format::Extent& extent) {
      return at >= extent.offset && at - extent.offset < extent.length;
    };
    if (at < geometry.log_end() ||
        (file != nullptr && std::ranges::any_of(file->map.extents, inside))) {
      too_early_ = at;
    }
  }
}

bool CrashMemory::hold_back(std::uint64_t offset, Bytes from) {
  if (from.size() == format::kEntrySize) {
    late_ = Late{.offset = offset, .bytes = {from.begin(), from.end()}};
    return true;
  }
  if (late_ && offset == format::kLogOffset + format::kNextIndexOffset) {
    late_->overtaken = true;
  }
  return false;
}

void CrashMemory::let_late_go() const {
  if (late_ && late_->overtaken) {
    std::ranges::copy(late_->bytes, view_.begin() + static_cast<std::ptrdiff_t>(late_->offset));
    std::ranges::copy(late_->bytes, remains_.begin() + static_cast<std::ptrdiff_t>(late_->offset));
    late_.reset();
  }
}

Result<void> CrashMemory::zero(std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  if (auto ok = within(size(), offset, length); !ok) {
    return ok;
  }
  note(offset, length, [&] { std::memset(view_.data() + offset, 0, length); });
  return {};
}

Result<void> CrashMemory::store_u64(std::uint64_t offset, std::uint64_t value) {
  return store(offset, std::as_bytes(std::span(&value, 1)));
}

Result<void> CrashMemory::write_back(std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  if (auto ok = within(size(), offset, length); !ok || length == 0) {
    return ok;
  }
  const Site site = asking_site();
  sites_.insert(site);
  if (site == mutation_.without) {
    return {};
  }
  const std::uint64_t begin = offset / media::kCacheLine * media::kCacheLine;
  const std::uint64_t end =
      (offset + length + media::kCacheLine - 1) / media::kCacheLine * media::kCacheLine;
  for (auto& [at, history] : open_) {
    if (at >= begin && at < end) {
      history.written_back.emplace_back(me(), history.values.size() - 1);
    }
  }
  return {};
}

void CrashMemory::fence() const noexcept {
  const std::lock_guard lock(mutex_);
  const Site site = asking_site();
  if (has_written_back(me())) {
    sites_.insert(site); // else it waits for invalidations: those are another model's
  }
  look_locked();
  if (site != mutation_.without) {
    settle();
    let_late_go();
  }
}

void CrashMemory::settle() const {
  for (auto at = open_.begin(); at != open_.end();) {
    const std::size_t settled = at->second.settle(me());
    if (settled != 0) {
      std::memcpy(remains_.data() + at->first, &at->second.values.front(), kAtom);
    }
    at = at->second.values.size() == 1 ? open_.erase(at) : std::next(at);
  }
}

bool CrashMemory::has_written_back(Thread thread) const {
  return std::ranges::any_of(open_, [&](const auto& atom) {
    return std::ranges::any_of(atom.second.written_back,
                               [&](const auto& w) { return w.first == thread; });
  });
}

// How many values went: the newest that this thread wrote back is what memory holds now. What
// others wrote back before that was overtaken.
std::size_t CrashMemory::History::settle(Thread thread) {
  std::size_t settled = 0;
  for (const auto& [by, value] : written_back) {
    settled = by == thread ? std::max(settled, value) : settled;
  }
  if (settled == 0) {
    return 0;
  }
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(settled));
  std::erase_if(written_back, [&](const auto& w) { return w.second <= settled; });
  for (auto& [by, value] : written_back) {
    value -= settled;
  }
  return settled;
}

std::byte* CrashMemory::address(std::uint64_t offset) const noexcept {
  return view_.data() + offset;
}

Wreck::~Wreck() {
  undo();
}

void Wreck::keep(std::uint64_t offset, std::uint64_t length) {
  before_.push_back({offset,
                     {bytes_.begin() + static_cast<std::ptrdiff_t>(offset),
                      bytes_.begin() + static_cast<std::ptrdiff_t>(offset + length)}});
}

void Wreck::patch(std::uint64_t atom, std::uint64_t value) {
  keep(atom, kAtom);
  std::memcpy(bytes_.data() + atom, &value, kAtom);
}

void Wreck::undo() {
  for (; !before_.empty(); before_.pop_back()) {
    const Before& last = before_.back();
    std::memcpy(bytes_.data() + last.offset, last.bytes.data(), last.bytes.size());
  }
}

Result<void> Wreck::inside(std::uint64_t offset, std::uint64_t length) const {
  return within(size(), offset, length);
}

Result<void> Wreck::load(std::uint64_t offset, MutableBytes to) const {
  if (auto ok = inside(offset, to.size()); !ok) {
    return ok;
  }
  std::memcpy(to.data(), bytes_.data() + offset, to.size());
  return {};
}

Result<void> Wreck::store(std::uint64_t offset, Bytes from) {
  if (auto ok = inside(offset, from.size()); !ok) {
    return ok;
  }
  keep(offset, from.size());
  std::memcpy(bytes_.data() + offset, from.data(), from.size());
  return {};
}

Result<void> Wreck::zero(std::uint64_t offset, std::uint64_t length) {
  if (auto ok = inside(offset, length); !ok) {
    return ok;
  }
  keep(offset, length);
  std::memset(bytes_.data() + offset, 0, length);
  return {};
}

Result<void> Wreck::store_u64(std::uint64_t offset, std::uint64_t value) {
  return store(offset, std::as_bytes(std::span(&value, 1)));
}

} // namespace famfs::crash
