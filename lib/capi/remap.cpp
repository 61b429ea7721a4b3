// mremap(2): a direct map may be many mappings of the kernel, and may grow past the extents that it
// knew. So it shrinks by unmapping, and grows or moves by being made anew elsewhere, which shows
// the same memory; it never grows in place.
#include "capi/mapper.h"

#include "base/units.h"
#include "capi/reopen.h"

#include <sys/mman.h>

namespace famfs::capi {
namespace {

constexpr int kElsewhere = MREMAP_FIXED | MREMAP_DONTUNMAP;

int check_arguments(Range from, std::size_t new_size, int flags, std::uintptr_t target) noexcept {
  const bool known = (flags & ~(MREMAP_MAYMOVE | kElsewhere)) == 0;
  const bool may_move = (flags & kElsewhere) == 0 || (flags & MREMAP_MAYMOVE) != 0;
  const bool keeps = (flags & MREMAP_DONTUNMAP) == 0 || from.size() == new_size;
  if (!known || !may_move || !keeps || new_size == 0) {
    return -EINVAL;
  }
  if ((flags & MREMAP_FIXED) != 0) {
    const Range to = pages_of(target, new_size);
    return to.empty() || to.overlaps(from) ? -EINVAL : 0;
  }
  return 0;
}

} // namespace

struct Mapper::Source {
  bool ours = false;
  Mapping mapping;
  std::uint64_t file_offset = 0;
  int protection = 0;
};

std::intptr_t Mapper::remap(std::uintptr_t old, std::size_t old_size, std::size_t new_size,
                            int flags, std::uintptr_t target) noexcept {
  const std::size_t page = page_size();
  const Range from = pages_of(old, old_size);
  Source source;
  // An old size of 0 asks for a second mapping of the same memory.
  const Range looked_at{from.begin, std::max(from.end, from.begin + page)};
  if (from.end < from.begin || old % page != 0 || !touches(looked_at)) {
    source.ours = false;
  } else if (!find_source(looked_at, source)) {
    return -EFAULT;
  }
  if (!source.ours) {
    const std::intptr_t at = kernel_.remap(old, old_size, new_size, flags, target);
    if (at >= 0) {
      replaced(static_cast<std::uintptr_t>(at), new_size);
    }
    return at;
  }
  if (new_size > SIZE_MAX / 2) {
    return -ENOMEM;
  }
  new_size = round_up(new_size, page);
  if (const int error = check_arguments(from, new_size, flags, target); error != 0) {
    return error;
  }
  if ((flags & kElsewhere) == 0 && !from.empty() && new_size <= from.size()) {
    const int error = new_size == from.size() ? 0 : unmap(old + new_size, from.size() - new_size);
    return error != 0 ? error : static_cast<std::intptr_t>(old);
  }
  return (flags & MREMAP_MAYMOVE) == 0 ? -ENOMEM : move(source, from, new_size, flags, target);
}

// False: partly ours, or of more than one kind, which mremap(2) refuses too.
bool Mapper::find_source(Range range, Source& source) noexcept {
  const Locked lock(*this);
  const auto parts = table_.in(range);
  if (parts.empty()) {
    return true;
  }
  const Part& first = parts.front();
  std::uintptr_t reached = range.begin;
  for (const Part& part : parts) {
    if (part.range.begin > reached || part.mapping != first.mapping ||
        part.protection != first.protection) {
      return false;
    }
    reached = part.range.end;
  }
  source = {.ours = true,
            .mapping = table_.mapping_of(first),
            .file_offset = first.file_offset + (range.begin - first.range.begin),
            .protection = first.protection};
  return reached >= range.end;
}

std::intptr_t Mapper::move(const Source& source, Range from, std::size_t new_size, int flags,
                           std::uintptr_t target) noexcept {
  const Reopened file = reopen(source.mapping);
  if (file.get() < 0) {
    return -ENOMEM;
  }
  const bool fixed = (flags & MREMAP_FIXED) != 0;
  const MapRequest request{.address = fixed ? target : 0,
                           .length = new_size,
                           .protection = source.protection,
                           .flags = MAP_SHARED | (fixed ? MAP_FIXED : 0),
                           .fd = file.get(),
                           .offset = source.file_offset,
                           .read_only = !source.mapping.writable};
  DirectFile now;
  const MapOutcome outcome = map(request, now);
  if (outcome.verdict != Verdict::mapped) {
    return outcome.verdict == Verdict::refused && !is_want(outcome.result) ? outcome.result
                                                                           : -ENOMEM;
  }
  if ((flags & MREMAP_DONTUNMAP) == 0 && !from.empty()) {
    if (const int error = unmap(from.begin, from.size()); error != 0) {
      static_cast<void>(unmap(static_cast<std::uintptr_t>(outcome.result), new_size));
      return error;
    }
  }
  return outcome.result;
}

} // namespace famfs::capi
