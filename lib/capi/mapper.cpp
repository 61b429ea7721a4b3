#include "capi/mapper.h"

#include <algorithm>

#include <sys/mman.h>

namespace famfs::capi {
namespace {

// Advice that the kernel keeps with the mapping, so that it would have to split one.
bool changes_the_mapping(int advice) noexcept {
  switch (advice) {
  case MADV_NORMAL:
  case MADV_RANDOM:
  case MADV_SEQUENTIAL:
  case MADV_DONTFORK:
  case MADV_DOFORK:
  case MADV_HUGEPAGE:
  case MADV_NOHUGEPAGE:
  case MADV_DONTDUMP:
  case MADV_DODUMP:
    return true;
  default:
    return false;
  }
}

} // namespace

Range pages_of(std::uintptr_t address, std::size_t length) noexcept {
  const std::size_t page = page_size();
  const std::uintptr_t room = UINTPTR_MAX - address;
  if (address % page != 0 || length > room || room - length < page) {
    return {};
  }
  return Range{address, address + length}.outer(page);
}

Mapper::Locked::Locked(Mapper& mapper) noexcept : mapper_(mapper) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
  pthread_mutex_lock(&mapper_.mutex_);
}

Mapper::Locked::~Locked() {
  const Range bounds = mapper_.table_.bounds();
  mapper_.low_.store(bounds.begin, std::memory_order_release);
  mapper_.high_.store(bounds.end, std::memory_order_release);
  pthread_mutex_unlock(&mapper_.mutex_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Mapper::before_fork() noexcept {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&mutex_);
  mask_before_fork_ = before;
}

void Mapper::after_fork() noexcept {
  const sigset_t before = mask_before_fork_;
  pthread_mutex_unlock(&mutex_);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Mapper::reset() noexcept {
  const Locked lock(*this);
  table_.release();
}

int Mapper::unmap(std::uintptr_t address, std::size_t length) noexcept {
  const Range range = pages_of(address, length);
  if (range.empty() || !touches(range)) {
    return kernel_.unmap({address, address + length});
  }
  const Locked lock(*this);
  if (!table_.reserve()) {
    return -ENOMEM;
  }
  const Range gone = table_.to_unmap(range);
  if (!gone.empty()) {
    if (const int error = kernel_.unmap(gone); error != 0) {
      return error;
    }
  }
  forget(range);
  return 0;
}

int Mapper::protect(std::uintptr_t address, std::size_t length, int protection) noexcept {
  const Range range = pages_of(address, length);
  if (range.empty() || !touches(range)) {
    return kernel_.protect({address, address + length}, protection);
  }
  const Locked lock(*this);
  if (!table_.reserve()) {
    return -ENOMEM;
  }
  std::uintptr_t reached = 0;
  const int error =
      in_whole_units(range, reached, [&](Range r) { return kernel_.protect(r, protection); });
  // As in the kernel, what was done before an error stays done.
  table_.set_protection({range.begin, std::min(reached, range.end)}, protection);
  return error;
}

int Mapper::advise(std::uintptr_t address, std::size_t length, int advice) noexcept {
  const Range range = pages_of(address, length);
  if (range.empty() || !touches(range) || !changes_the_mapping(advice)) {
    return kernel_.advise({address, address + length}, advice);
  }
  const Locked lock(*this);
  if (!has_large_units(range)) {
    return kernel_.advise(range, advice);
  }
  std::uintptr_t reached = 0;
  return in_whole_units(range, reached, [&](Range r) { return kernel_.advise(r, advice); });
}

void Mapper::replaced(std::uintptr_t address, std::size_t length) noexcept {
  const Range range = pages_of(address, length);
  if (range.empty() || !touches(range)) {
    return;
  }
  const Locked lock(*this);
  // Without room the table keeps a part too many, which costs a pin, and never a mapping.
  if (table_.reserve()) {
    forget(range);
  }
}

// The pins go last: as long as anything can be reached, the file is held.
void Mapper::forget(Range range) noexcept {
  table_.remove(range, [&](const Mapping& mapping) {
    static_cast<void>(kernel_.unmap({mapping.pin, mapping.pin + page_size()}));
  });
}

bool Mapper::has_large_units(Range range) const noexcept {
  return std::ranges::any_of(table_.in(range),
                             [&](const Part& part) { return table_.unit_of(part) != page_size(); });
}

// Calls act(Range) for the range in order: what is ours part by part, widened to whole units where
// a device has them, and what lies between. Stops at an error; `reached` is then how far it came.
// -EINVAL where a unit also has something outside the range: the kernel could not split it.
template <class Fn>
int Mapper::in_whole_units(Range range, std::uintptr_t& reached, Fn&& act) noexcept {
  reached = range.begin;
  std::uintptr_t widened = 0; // the end of the last unit that was acted on
  for (const Part& part : table_.in(range)) {
    const Range units = part.range.within(range).outer(table_.unit_of(part));
    if (!table_.in({units.begin, range.begin}).empty() ||
        !table_.in({range.end, units.end}).empty()) {
      return -EINVAL;
    }
    const Range steps[] = {{reached, units.begin}, {std::max(widened, units.begin), units.end}};
    for (const Range& step : steps) {
      if (const int error = step.empty() ? 0 : act(step); error != 0) {
        return error;
      }
      reached = std::max(reached, step.end);
    }
    widened = units.end;
  }
  const Range rest{reached, range.end};
  const int error = rest.empty() ? 0 : act(rest);
  reached = error == 0 ? range.end : reached;
  return error;
}

} // namespace famfs::capi
