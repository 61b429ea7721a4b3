// Which addresses of this process are direct maps, and what holds each of them: a value, no system
// calls but for its own memory, no locks.
//
// A mapping is what one call of famfs_mmap made; a part is a stretch of it that is still there and
// has one protection. A mapping on a device with large units has its units to itself: where a part
// ends inside a unit, the rest of that unit (slack, or a part that was unmapped and is only hidden)
// belongs to the part, until no part is left in the unit.
#pragma once

#include "capi/page_vector.h"
#include "capi/range.h"

#include <cstdint>
#include <span>

namespace famfs::capi {

struct Mapping {
  std::uintptr_t pin = 0;     // a page of the file itself: holds it open, and has no other use
  std::size_t unit = 0;       // the device's alignment
  std::uint64_t file_dev = 0; // the file, to find it again
  std::uint64_t file_ino = 0;
  bool writable = false;     // the file was open for writing
  bool kernel_syncs = false; // msync(2) does something on the device: a regular file
  std::uint32_t parts = 0;   // the table's
};

struct Part {
  Range range;
  std::uint64_t file_offset = 0;
  std::uint32_t mapping = 0; // the table's
  int protection = 0;
  bool past_end = false; // pages past the end of the file: not on the device
};

class RegionTable {
public:
  constexpr RegionTable() = default;

  // Room for one add(), remove() or set_protection(); false: no memory, nothing changed.
  [[nodiscard]] bool reserve() noexcept;
  // At most two parts, in order; nothing may be there yet.
  void add(const Mapping& mapping, std::span<const Part> parts) noexcept;
  // Forgets what is in the range; calls freed(const Mapping&) for each mapping whose last part
  // went.
  template <class Fn> void remove(Range range, Fn&& freed) noexcept;
  void set_protection(Range range, int protection) noexcept;
  void release() noexcept;

  [[nodiscard]] bool empty() const noexcept { return parts_.size() == 0; }
  // Holds every part and its units.
  [[nodiscard]] Range bounds() const noexcept;
  // The parts that overlap it, in order.
  [[nodiscard]] std::span<const Part> in(Range range) const noexcept;
  [[nodiscard]] const Mapping& mapping_of(const Part& part) const noexcept {
    return mappings_[part.mapping];
  }
  [[nodiscard]] std::size_t unit_of(const Part& part) const noexcept;

  // What the kernel is to unmap for munmap(range): with whole units at both ends, without those
  // that still hold another part. May be empty.
  [[nodiscard]] Range to_unmap(Range range) const noexcept;

private:
  [[nodiscard]] std::size_t first_ending_after(std::uintptr_t address) const noexcept;
  [[nodiscard]] Range units_of(const Part& part, Range range) const noexcept {
    return range.outer(unit_of(part));
  }
  void split_at(std::uintptr_t address) noexcept;
  void merge_around(Range range) noexcept;
  std::uint32_t new_mapping(const Mapping& mapping) noexcept;

  static constexpr std::uint32_t kNone = UINT32_MAX;

  PageVector<Part> parts_;           // by address
  PageVector<Mapping> mappings_;     // by Part::mapping; those without parts are free
  std::uint32_t first_free_ = kNone; // the next free one is in the free one's `unit`
};

template <class Fn> void RegionTable::remove(Range range, Fn&& freed) noexcept {
  split_at(range.begin);
  split_at(range.end);
  const std::size_t first = first_ending_after(range.begin);
  std::size_t last = first;
  for (; last < parts_.size() && parts_[last].range.end <= range.end; ++last) {
    const std::uint32_t id = parts_[last].mapping;
    Mapping& mapping = mappings_[id];
    if (--mapping.parts == 0) {
      freed(static_cast<const Mapping&>(mapping));
      mapping.unit = first_free_;
      first_free_ = id;
    }
  }
  parts_.erase(first, last);
}

} // namespace famfs::capi
