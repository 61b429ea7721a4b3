// Who a file or directory is made for. A committed one can be given to nobody else afterwards, so
// the system call that makes it must already be made by its owner.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace famfs::tools {

struct Ownership {
  std::optional<std::uint32_t> uid, gid; // none: the caller's
  std::optional<std::uint32_t> mode;     // none: `default_mode` of the call, cut by the umask
};

// Both act as the owner for that one call, with root's rights to the directory kept.
// Single-threaded callers only: the umask is the process's. not_permitted when the caller may not
// give away.
[[nodiscard]] Result<void> make_directory(const std::string& path, const Ownership& ownership);
// O_CREAT | O_EXCL | O_RDWR; the descriptor.
[[nodiscard]] Result<int> create_file(const std::string& path, const Ownership& ownership);

} // namespace famfs::tools
