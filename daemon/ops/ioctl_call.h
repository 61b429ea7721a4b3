// What the ioctls of every presentation share.
#pragma once

#include "../fuse.h"
#include "../reply.h"
#include "base/control.h"

#include <cstring>

namespace famfs::daemon::ops {

struct IoctlCall {
  fuse_req_t req;
  unsigned command;
  const void* in;
  size_t in_size;
  size_t out_size;

  [[nodiscard]] bool root() const { return fuse_req_ctx(req)->uid == 0; }

  // The kernel copies as much as the command's number says, so other sizes are another command's.
  template <class T> [[nodiscard]] bool has() const { return in_size == sizeof(T); }
  template <class T> [[nodiscard]] bool takes() const { return out_size == sizeof(T); }
  template <class T> [[nodiscard]] T get() const {
    T value;
    std::memcpy(&value, in, sizeof value);
    return value;
  }

  void answer(const Result<void>& result) const {
    if (result) {
      fuse_reply_ioctl(req, 0, nullptr, 0);
    } else {
      reply_error(req, result.error());
    }
  }
  template <class T> void answer(const Result<T>& result) const {
    if (result) {
      fuse_reply_ioctl(req, 0, &*result, sizeof *result);
    } else {
      reply_error(req, result.error());
    }
  }
};

// Those on a directory that ask the mount, whatever it presents. False: not one of them.
[[nodiscard]] bool ioctl_on_mount(const IoctlCall& call);

} // namespace famfs::daemon::ops
