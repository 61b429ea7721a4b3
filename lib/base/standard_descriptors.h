// Standard input, output and error, for main() before it opens anything.
#pragma once

#include "base/fd.h"

#include <fcntl.h>

namespace famfs {

// A program can be started without them, and the first file that it opens would then be written to
// as if it were one.
inline void open_standard_descriptors() noexcept {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  const UniqueFd spare(fd);
}

} // namespace famfs
