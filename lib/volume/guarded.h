// Where exceptions end: what the standard library throws becomes a result at the module's border.
#pragma once

#include "base/error.h"

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

} // namespace famfs::volume
