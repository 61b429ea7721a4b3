#include "alloc/allocator.h"

#include "alloc/striping.h"
#include "base/text.h"
#include "base/units.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace famfs::alloc {
namespace {

constexpr std::uint64_t kMaxMapBits = 8 * GiB; // 1 GiB of map: 16 PiB of 2 MiB units

std::uint64_t data_units(const format::Geometry& geometry) noexcept {
  const std::uint64_t begin = geometry.data_begin();
  const std::uint64_t end = geometry.data_end();
  return end > begin ? (end - begin) / geometry.alloc_unit : 0;
}

std::optional<Error> stripes_error(const Stripes& s, std::uint64_t device_size) {
  if (const auto fault = fault_of(s)) {
    return fault->error(Errc::usage);
  }
  if (s.chunk > device_size / s.buckets) {
    return Error{
        Errc::usage,
        fmt::format("chunksize {}: larger than a bucket, {} / {}: give a smaller chunk or fewer "
                    "buckets",
                    s.chunk, device_size, s.buckets)};
  }
  return std::nullopt;
}

} // namespace

Result<Allocator> Allocator::make(const format::Geometry& geometry) {
  assert(geometry.alloc_unit != 0);
  const std::uint64_t units = data_units(geometry);
  if (units > kMaxMapBits) {
    return fail(
        Errc::too_big,
        fmt::format(
            "device of {} in units of {}: more than {} units to keep track of: use a smaller "
            "device",
            format_size(geometry.device_size), format_size(geometry.alloc_unit), kMaxMapBits));
  }
  auto used = Bitmap::make(units);
  if (!used) {
    return fail(Errc::no_memory, fmt::format("map of {} allocation units: out of memory: free {}",
                                             units, format_size(units / 8)));
  }
  return Allocator(geometry, std::move(*used));
}

Allocator::Allocator(const format::Geometry& geometry, Bitmap used)
    : geometry_(geometry), unit_(geometry.alloc_unit),
      first_unit_(geometry.data_begin() / geometry.alloc_unit), free_units_(used.size()),
      used_(std::move(used)) {}

std::optional<Allocator::Run> Allocator::run_of(const format::Extent& extent) const noexcept {
  const std::uint64_t begin = extent.offset / unit_;
  const std::uint64_t length = extent.length / unit_;
  if (extent.device != 0 || extent.offset % unit_ != 0 || extent.length % unit_ != 0 ||
      length == 0 || begin < first_unit_ || begin - first_unit_ > used_.size() ||
      length > used_.size() - (begin - first_unit_)) {
    return std::nullopt;
  }
  return Run{begin - first_unit_, length};
}

format::Extent Allocator::extent_of(const Run& run) const noexcept {
  return {.device = 0, .offset = (first_unit_ + run.begin) * unit_, .length = run.length * unit_};
}

std::uint64_t Allocator::units_for(std::uint64_t bytes) const noexcept {
  return bytes / unit_ + (bytes % unit_ != 0 ? 1 : 0);
}

void Allocator::take(const Run& run) noexcept {
  const std::uint64_t end = run.begin + run.length;
  free_units_ -= used_.set(run.begin, end);
  if (run.begin <= lowest_free_ && lowest_free_ < end) {
    lowest_free_ = end;
  }
}

bool Allocator::claimable(const Run& run) const noexcept {
  const std::uint64_t end = run.begin + run.length;
  std::uint64_t at = used_.next_set(run.begin, end);
  while (at != end && withdrawn_) {
    const std::uint64_t free = used_.next_clear(at, end);
    if (withdrawn_->kept.next_clear(at, free) != free) {
      return false;
    }
    at = used_.next_set(free, end);
  }
  return at == end;
}

bool Allocator::claim(const format::Extent& extent) {
  const auto run = run_of(extent);
  if (!run || !claimable(*run)) {
    return false;
  }
  take(*run);
  if (withdrawn_) {
    withdrawn_->kept.clear(run->begin, run->begin + run->length);
  }
  return true;
}

Allocator::Run Allocator::units_touched(std::uint64_t offset, std::uint64_t length) const noexcept {
  const auto in_data_area = [&](std::uint64_t unit) {
    return std::min(unit > first_unit_ ? unit - first_unit_ : 0, used_.size());
  };
  // An end past 2^64 is past the data area too.
  const std::uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
  const std::uint64_t begin = in_data_area(offset / unit_);
  return {begin, length == 0 ? 0 : in_data_area(units_for(end)) - begin};
}

void Allocator::keep_out(const Run& run) noexcept {
  const std::uint64_t end = run.begin + run.length;
  for (std::uint64_t at = withdrawn_->all.next_set(run.begin, end); at != end;) {
    const std::uint64_t stop = withdrawn_->all.next_clear(at, end);
    for (std::uint64_t free = used_.next_clear(at, stop); free != stop;) {
      const std::uint64_t taken = used_.next_set(free, stop);
      take({free, taken - free});
      withdrawn_->kept.set(free, taken);
      free = used_.next_clear(taken, stop);
    }
    at = withdrawn_->all.next_set(stop, end);
  }
}

Result<void> Allocator::withdraw(std::uint64_t offset, std::uint64_t length) {
  const Run run = units_touched(offset, length);
  if (run.length == 0) {
    return {};
  }
  if (!withdrawn_) {
    auto all = Bitmap::make(used_.size());
    auto kept = Bitmap::make(used_.size());
    if (!all || !kept) {
      return fail(Errc::no_memory, "out of memory");
    }
    withdrawn_.reset(new (std::nothrow) Withdrawn{std::move(*all), std::move(*kept)});
  }
  if (!withdrawn_) {
    return fail(Errc::no_memory, "out of memory");
  }
  withdrawn_->all.set(run.begin, run.begin + run.length);
  keep_out(run);
  return {};
}

std::uint64_t Allocator::withdrawn_bytes() const noexcept {
  return withdrawn_ ? withdrawn_->all.count_set(0, used_.size()) * unit_ : 0;
}

std::optional<Allocator::Run> Allocator::first_fit(std::uint64_t from, std::uint64_t to,
                                                   std::uint64_t units) const noexcept {
  std::uint64_t begin = used_.next_clear(from, to);
  while (begin < to && units <= to - begin) {
    const std::uint64_t end = used_.next_set(begin, begin + units);
    if (end == begin + units) {
      return Run{begin, units};
    }
    begin = used_.next_clear(end, to);
  }
  return std::nullopt;
}

std::vector<Allocator::Run> Allocator::longest_runs(std::size_t most) const {
  std::vector<Run> longest;
  longest.reserve(most + 1);
  const std::uint64_t all = used_.size();
  for (std::uint64_t begin = used_.next_clear(lowest_free_, all); begin < all && most > 0;) {
    const std::uint64_t end = used_.next_set(begin, all);
    const Run run{begin, end - begin};
    if (longest.size() < most || run.length > longest.back().length) {
      // Of equal runs the lower one wins, so that files stay near the device's begin.
      const auto place =
          std::ranges::upper_bound(longest, run.length, std::greater{}, &Run::length);
      longest.insert(place, run);
      if (longest.size() > most) {
        longest.pop_back();
      }
    }
    begin = used_.next_clear(end, all);
  }
  return longest;
}

Result<format::Extents> Allocator::allocate(std::uint64_t bytes, std::size_t most) {
  const std::uint64_t units = units_for(bytes);
  if (units == 0) {
    return format::Extents{};
  }
  if (units > free_units_) {
    return fail(
        Errc::no_space,
        fmt::format("{}: no space: {} of {} are free{}: use a larger device", format_size(bytes),
                    format_size(free_bytes()), format_size(total_bytes()),
                    withdrawn_ ? fmt::format(" and {} bad", format_size(withdrawn_bytes())) : ""));
  }
  if (const auto run = first_fit(lowest_free_, used_.size(), units); run && most > 0) {
    take(*run);
    format::Extents extents;
    extents.push_back(extent_of(*run));
    return extents;
  }
  try {
    return allocate_pieces(units, std::min(most, format::kMaxExtents));
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, "out of memory");
  }
}

Result<format::Extents> Allocator::allocate_pieces(std::uint64_t units, std::size_t most) {
  std::vector<Run> runs = longest_runs(most);
  std::uint64_t sum = 0;
  std::size_t needed = 0;
  while (needed < runs.size() && sum < units) {
    sum += runs[needed++].length;
  }
  if (sum < units) {
    return fail(
        Errc::no_space,
        fmt::format(
            "{}: no space in one piece or few: {} are free, but the {} longest pieces, as many "
            "as a file may have, hold {}: ask for no more than that",
            format_size(units * unit_), format_size(free_bytes()), runs.size(),
            format_size(sum * unit_)));
  }
  runs.resize(needed);
  std::ranges::sort(runs, {}, &Run::begin);
  // Less than the shortest of them is too much, or one fewer would have done.
  runs.back().length -= sum - units;
  format::Extents extents;
  for (const Run& run : runs) {
    take(run);
    extents.push_back(extent_of(run));
  }
  return extents;
}

std::uint64_t Allocator::extend(format::Extent& extent, std::uint64_t bytes) {
  const auto run = run_of(extent);
  if (!run) {
    return 0;
  }
  const std::uint64_t begin = run->begin + run->length;
  const std::uint64_t most = std::min(units_for(bytes), used_.size() - begin);
  const Run more{begin, used_.next_set(begin, begin + most) - begin};
  take(more);
  extent.length += more.length * unit_;
  return more.length * unit_;
}

std::vector<Allocator::Bucket> Allocator::buckets_with_room(std::uint32_t buckets,
                                                            std::uint64_t strip_units) const {
  const std::uint64_t device_units = geometry_.device_size / unit_;
  const auto in_data_area = [&](std::uint64_t unit) {
    return std::min(unit > first_unit_ ? unit - first_unit_ : 0, used_.size());
  };
  std::vector<Bucket> found;
  for (std::uint64_t i = 0; i < buckets; ++i) {
    const std::uint64_t begin = in_data_area(device_units * i / buckets);
    const std::uint64_t end = in_data_area(device_units * (i + 1) / buckets);
    if (const auto run = first_fit(begin, end, strip_units)) {
      found.push_back({end - begin - used_.count_set(begin, end), *run});
    }
  }
  std::ranges::stable_sort(found, std::greater{}, &Bucket::free);
  return found;
}

Result<format::FileMap> Allocator::allocate_striped(std::uint64_t bytes, const Stripes& stripes) {
  if (auto error = stripes_error(stripes, geometry_.device_size)) {
    return std::unexpected(std::move(*error));
  }
  format::FileMap map;
  if (bytes < stripes.chunk || units_for(bytes) > free_units_) {
    auto extents = allocate(bytes);
    if (!extents) {
      return std::unexpected(std::move(extents.error()));
    }
    map.extents = *extents;
    return map;
  }
  // Below 2^64: strips and chunks fit the device, and so do `bytes`.
  const std::uint64_t row = stripes.strips * stripes.chunk;
  const std::uint64_t length = (bytes / row + (bytes % row != 0 ? 1 : 0)) * stripes.chunk;
  try {
    const auto found = buckets_with_room(stripes.buckets, length / unit_);
    if (found.size() < stripes.strips) {
      return fail(
          Errc::no_space,
          fmt::format(
              "{} in {} strips of {}: no space: {} of {} buckets have a free piece that long: "
              "use fewer strips",
              format_size(bytes), stripes.strips, format_size(length), found.size(),
              stripes.buckets));
    }
    map.kind = format::MapKind::interleaved;
    map.chunk = stripes.chunk;
    for (std::uint32_t i = 0; i < stripes.strips; ++i) {
      take(found[i].strip);
      map.extents.push_back(extent_of(found[i].strip));
    }
    return map;
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, "out of memory");
  }
}

void Allocator::free(const format::Extent& extent) {
  const auto run = run_of(extent);
  assert(run);
  if (!run) {
    return;
  }
  const std::uint64_t changed = used_.clear(run->begin, run->begin + run->length);
  assert(changed == run->length);
  free_units_ += changed;
  lowest_free_ = std::min(lowest_free_, run->begin);
  if (withdrawn_) {
    keep_out(*run);
  }
}

void Allocator::free(const format::FileMap& map) {
  for (const format::Extent& extent : map.extents) {
    free(extent);
  }
}

std::uint64_t Allocator::total_bytes() const noexcept {
  return used_.size() * unit_;
}

std::uint64_t Allocator::free_bytes() const noexcept {
  return free_units_ * unit_;
}

std::uint64_t Allocator::largest_free_run() const noexcept {
  std::uint64_t largest = 0;
  const std::uint64_t all = used_.size();
  for (std::uint64_t begin = used_.next_clear(lowest_free_, all); begin < all;) {
    const std::uint64_t end = used_.next_set(begin, all);
    largest = std::max(largest, end - begin);
    begin = used_.next_clear(end, all);
  }
  return largest * unit_;
}

} // namespace famfs::alloc
