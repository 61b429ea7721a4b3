// The one place that every operation of every presentation passes on its way from libfuse.
#pragma once

#include "base/diag.h"
#include "fuse.h"
#include "metrics.h"
#include "reply.h"

#include <cerrno>
#include <cstddef>
#include <exception>
#include <new>

namespace famfs::daemon {

// Served<&function, operation("name")>::call times it, and what it throws (memory, in a library
// below) ends this request, not the mount.
template <auto Function, std::size_t Operation> struct Served;
template <class... Args, void (*Function)(fuse_req_t, Args...), std::size_t Operation>
struct Served<Function, Operation> {
  static void call(fuse_req_t req, Args... args) {
    const Timed timed(mount_base_of(req).metrics, Operation);
    try {
      Function(req, args...);
    } catch (const std::bad_alloc&) {
      fuse_reply_err(req, ENOMEM);
    } catch (const std::exception& e) {
      diag::error("a request failed: {}", e.what());
      fuse_reply_err(req, EIO);
    }
  }
};

} // namespace famfs::daemon
