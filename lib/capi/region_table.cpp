#include "capi/region_table.h"

#include "capi/kernel.h"

#include <algorithm>

namespace famfs::capi {

bool RegionTable::reserve() noexcept {
  return parts_.reserve(2) && mappings_.reserve(1);
}

void RegionTable::add(const Mapping& mapping, std::span<const Part> parts) noexcept {
  const std::uint32_t id = new_mapping(mapping);
  for (Part part : parts) {
    part.mapping = id;
    parts_.insert(first_ending_after(part.range.begin), part);
    ++mappings_[id].parts;
  }
}

void RegionTable::set_protection(Range range, int protection) noexcept {
  split_at(range.begin);
  split_at(range.end);
  for (std::size_t i = first_ending_after(range.begin);
       i < parts_.size() && parts_[i].range.end <= range.end; ++i) {
    parts_[i].protection = protection;
  }
  merge_around(range);
}

void RegionTable::release() noexcept {
  parts_.release();
  mappings_.release();
  first_free_ = kNone;
}

Range RegionTable::bounds() const noexcept {
  if (empty()) {
    return {};
  }
  const Part& first = parts_[0];
  const Part& last = parts_[parts_.size() - 1];
  return {units_of(first, first.range).begin, units_of(last, last.range).end};
}

std::span<const Part> RegionTable::in(Range range) const noexcept {
  if (range.empty()) {
    return {};
  }
  const std::size_t first = first_ending_after(range.begin);
  std::size_t last = first;
  while (last < parts_.size() && parts_[last].range.begin < range.end) {
    ++last;
  }
  return parts_.span().subspan(first, last - first);
}

std::size_t RegionTable::unit_of(const Part& part) const noexcept {
  return part.past_end ? page_size() : mapping_of(part).unit;
}

Range RegionTable::to_unmap(Range range) const noexcept {
  const std::size_t first = first_ending_after(range.begin);
  const std::span<const Part> gone = in(range);
  Range result = range;
  if (!gone.empty()) {
    result.begin =
        std::min(range.begin, units_of(gone.front(), gone.front().range.within(range)).begin);
    result.end = std::max(range.end, units_of(gone.back(), gone.back().range.within(range)).end);
  }
  // The nearest that stays on either side: what was cut off, or a neighbour.
  if (!gone.empty() && gone.front().range.begin < range.begin) {
    const Range stays{gone.front().range.begin, range.begin};
    result.begin = std::max(result.begin, units_of(gone.front(), stays).end);
  } else if (first > 0) {
    result.begin = std::max(result.begin, units_of(parts_[first - 1], parts_[first - 1].range).end);
  }
  const std::size_t next = first + gone.size();
  if (!gone.empty() && gone.back().range.end > range.end) {
    const Range stays{range.end, gone.back().range.end};
    result.end = std::min(result.end, units_of(gone.back(), stays).begin);
  } else if (next < parts_.size()) {
    result.end = std::min(result.end, units_of(parts_[next], parts_[next].range).begin);
  }
  return result;
}

std::size_t RegionTable::first_ending_after(std::uintptr_t address) const noexcept {
  const auto parts = parts_.span();
  const auto at = std::upper_bound(parts.begin(), parts.end(), address,
                                   [](std::uintptr_t a, const Part& p) { return a < p.range.end; });
  return static_cast<std::size_t>(at - parts.begin());
}

void RegionTable::split_at(std::uintptr_t address) noexcept {
  const std::size_t i = first_ending_after(address);
  if (i == parts_.size() || parts_[i].range.begin >= address) {
    return;
  }
  Part upper = parts_[i];
  upper.file_offset += address - upper.range.begin;
  upper.range.begin = address;
  parts_[i].range.end = address;
  parts_.insert(i + 1, upper);
  ++mappings_[upper.mapping].parts;
}

// A program that protects and unprotects page after page must not make the table grow.
void RegionTable::merge_around(Range range) noexcept {
  std::size_t i = first_ending_after(range.begin);
  i -= i > 0 ? 1 : 0;
  while (i + 1 < parts_.size() && parts_[i].range.begin < range.end) {
    Part& lower = parts_[i];
    const Part& upper = parts_[i + 1];
    if (lower.range.end == upper.range.begin && lower.mapping == upper.mapping &&
        lower.protection == upper.protection && lower.past_end == upper.past_end) {
      lower.range.end = upper.range.end;
      --mappings_[lower.mapping].parts;
      parts_.erase(i + 1, i + 2);
    } else {
      ++i;
    }
  }
}

std::uint32_t RegionTable::new_mapping(const Mapping& mapping) noexcept {
  std::uint32_t id = first_free_;
  if (id == kNone) {
    id = static_cast<std::uint32_t>(mappings_.size());
    mappings_.insert(id, mapping);
  } else {
    first_free_ = static_cast<std::uint32_t>(mappings_[id].unit);
    mappings_[id] = mapping;
  }
  mappings_[id].parts = 0;
  return id;
}

} // namespace famfs::capi
