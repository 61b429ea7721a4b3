// Finding the file behind a mapping again, long after its descriptor may have been closed.
#pragma once

#include "capi/region_table.h"

#include <unistd.h>

namespace famfs::capi {

// A descriptor of the file. One that the process has open anyway is only borrowed: closing a
// duplicate would flush a pending file, which commits it while it is still being written.
class Reopened {
public:
  Reopened(int fd, bool borrowed) noexcept : fd_(fd), borrowed_(borrowed) {}
  Reopened(const Reopened&) = delete;
  Reopened& operator=(const Reopened&) = delete;
  ~Reopened() {
    if (fd_ >= 0 && !borrowed_) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const noexcept { return fd_; } // -1: it cannot be found or opened

private:
  int fd_;
  bool borrowed_;
};

[[nodiscard]] Reopened reopen(const Mapping& mapping) noexcept;

} // namespace famfs::capi
