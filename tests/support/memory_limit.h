// Memory that runs out: a program that links memory_limit.cpp can take its own thread's
// allocations away.
#pragma once

namespace famfs::testing {

// Allocations of this thread that still succeed; negative: all of them.
extern thread_local long allocations_left;

template <class Fn> auto with_allocations(long allowed, Fn&& fn) {
  allocations_left = allowed;
  auto result = fn();
  allocations_left = -1;
  return result;
}

} // namespace famfs::testing
