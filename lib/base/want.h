#pragma once

#include <cerrno>

namespace famfs {

// Whether an errno is for want of descriptors or memory, and says nothing of the thing asked for.
[[nodiscard]] constexpr bool is_want(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM;
}

} // namespace famfs
