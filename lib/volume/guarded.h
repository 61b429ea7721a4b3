// Where exceptions end: what the standard library throws becomes a result at the module's border.
#pragma once

#include "base/error.h"

#include <cassert>
#include <exception>
#include <new>

namespace famfs::volume {

template <class Fn> auto guarded(Fn&& fn) noexcept -> decltype(fn()) {
  try {
    return fn();
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, "out of memory"); // short: allocates nothing itself
  } catch (const std::exception& e) {
    return fail(Errc::system, e.what());
  }
}

// For a step back, or one that was tried out before: its failure would be a bug of ours.
inline void cannot_fail([[maybe_unused]] const Result<void>& result) noexcept {
  assert(result.has_value());
}

} // namespace famfs::volume
