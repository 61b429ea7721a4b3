// Standard input, output and error, for main().
#pragma once

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>

namespace famfs {

// Before anything is opened: a program can be started without them, and the first file that it
// opens would then be written to as if it were one.
inline void open_standard_descriptors() noexcept {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  const UniqueFd spare(fd);
}

inline Error unwritten_output() {
  return {Errc::io, "standard output: cannot be written: is the disk full, or the pipe closed?"};
}

} // namespace famfs
