// The direct maps of this process: makes them, and does to them what the system calls of the same
// names do to mappings of an ordinary file. Everything takes any range: what is not ours goes to
// the kernel.
//
// Concurrency: one mutex guards the table; system calls that change what the table describes are
// made with it held, so that an address the kernel gives away again is not ours any more. New
// mappings are laid out without it, in a range that nobody else has. Signals are blocked while it
// is held, since a handler may well call mprotect(2). A range outside the table's bounds never
// takes it.
#pragma once

#include "capi/kernel.h"
#include "capi/map_source.h"
#include "capi/placement.h"
#include "capi/region_table.h"

#include <atomic>
#include <csignal>

#include <pthread.h>

namespace famfs::capi {

struct MapRequest {
  std::uintptr_t address = 0;
  std::size_t length = 0;
  int protection = 0;
  int flags = 0;
  int fd = -1;
  std::uint64_t offset = 0;
  bool read_only = false; // whatever the descriptor allows
};

enum class Verdict : std::uint8_t {
  mapped,
  refused,      // as mmap(2) would of any file, or for want of memory or descriptors
  not_ours,     // the kernel's to map or to refuse
  out_of_reach, // a famfs file, whose device this process cannot open
};

struct MapOutcome {
  Verdict verdict = Verdict::not_ours;
  std::intptr_t result = 0; // the address, or a negative errno
};

class Mapper {
public:
  constexpr Mapper(const MapSource& source, const Kernel& kernel) noexcept
      : source_(source), kernel_(kernel) {}

  // mmap(MAP_SHARED or MAP_SHARED_VALIDATE) of a file. `file` is what was learned of it.
  [[nodiscard]] MapOutcome map(const MapRequest& request, DirectFile& file) noexcept;

  // As the system calls; a negative errno on failure.
  [[nodiscard]] int unmap(std::uintptr_t address, std::size_t length) noexcept;
  [[nodiscard]] int protect(std::uintptr_t address, std::size_t length, int protection) noexcept;
  [[nodiscard]] int advise(std::uintptr_t address, std::size_t length, int advice) noexcept;
  [[nodiscard]] int sync(std::uintptr_t address, std::size_t length, int flags) noexcept;
  [[nodiscard]] std::intptr_t remap(std::uintptr_t old, std::size_t old_size, std::size_t new_size,
                                    int flags, std::uintptr_t target) noexcept;

  // The kernel has mapped something else there.
  void replaced(std::uintptr_t address, std::size_t length) noexcept;

  // Around fork(2): the child's copy of the table must be whole, its mutex free.
  void before_fork() noexcept;
  void after_fork() noexcept;

  // For tests: forgets everything and gives back the table's memory.
  void reset() noexcept;
  [[nodiscard]] Range bounds() const noexcept { return {low_.load(), high_.load()}; }

private:
  class Locked;
  struct Job;
  struct Source; // of a remap

  [[nodiscard]] int prepare(Job& job) noexcept;
  [[nodiscard]] int pin(Job& job) const noexcept;
  [[nodiscard]] std::intptr_t reserve(const Job& job) noexcept;
  [[nodiscard]] std::intptr_t reserve_anywhere(const Placement& placement,
                                               int flags) const noexcept;
  [[nodiscard]] std::intptr_t reserve_at(const Placement& placement,
                                         std::uintptr_t address) noexcept;
  [[nodiscard]] std::intptr_t reserve_over(const Placement& placement,
                                           std::uintptr_t address) noexcept;
  [[nodiscard]] int claim(Range range) const noexcept;
  [[nodiscard]] int lay_device_part(const Job& job) const noexcept;
  [[nodiscard]] int lay_past_end(const Job& job) const noexcept;
  [[nodiscard]] int enter(const Job& job) noexcept;
  [[nodiscard]] MapOutcome build(Job& job) noexcept;

  [[nodiscard]] bool has_large_units(Range range) const noexcept;
  template <class Fn>
  [[nodiscard]] int in_whole_units(Range range, std::uintptr_t& reached, Fn&& act) noexcept;
  [[nodiscard]] int sync_part(const Part& part, const Mapping& mapping, Range range,
                              int flags) const noexcept;
  [[nodiscard]] bool find_source(Range range, Source& source) noexcept;
  [[nodiscard]] std::intptr_t move(const Source& source, Range from, std::size_t new_size,
                                   int flags, std::uintptr_t target) noexcept;
  void forget(Range range) noexcept;

  // May the table have something there? Without the mutex: a caller's own mapping does not come or
  // go while the caller asks.
  [[nodiscard]] bool touches(Range range) const noexcept {
    return range.begin < high_.load(std::memory_order_acquire) &&
           range.end > low_.load(std::memory_order_acquire);
  }

  const MapSource& source_;
  const Kernel& kernel_;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  sigset_t mask_before_fork_{};
  RegionTable table_;                  // under mutex_
  std::atomic<std::uintptr_t> low_{0}; // table_.bounds()
  std::atomic<std::uintptr_t> high_{0};
};

// Holds the table, with signals blocked.
class Mapper::Locked {
public:
  explicit Locked(Mapper& mapper) noexcept;
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked();

private:
  Mapper& mapper_;
  sigset_t before_{};
};

// [address, address + length) in whole pages; empty when it wraps or the address is not a page's.
[[nodiscard]] Range pages_of(std::uintptr_t address, std::size_t length) noexcept;

} // namespace famfs::capi
