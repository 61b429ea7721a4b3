// The kernel's memory calls as the mapping engine sees them; tests put a device of their own kind
// behind it. Each returns what the system call does, a failure as a negative errno.
#pragma once

#include "base/want.h"
#include "capi/range.h"

namespace famfs::capi {

struct Kernel {
  std::intptr_t (*map)(std::uintptr_t address, std::size_t length, int protection, int flags,
                       int fd, std::uint64_t offset) noexcept;
  int (*unmap)(Range range) noexcept;
  int (*protect)(Range range, int protection) noexcept;
  int (*sync)(Range range, int flags) noexcept;
  int (*advise)(Range range, int advice) noexcept;
  std::intptr_t (*remap)(std::uintptr_t old, std::size_t old_size, std::size_t new_size, int flags,
                         std::uintptr_t target) noexcept;
};

// System calls, never the C library's functions of the same names: the preload library stands in
// for those.
extern const Kernel kLinux;

[[nodiscard]] std::size_t page_size() noexcept;

// As famfs::is_want(), of what a Kernel returned.
[[nodiscard]] constexpr bool is_want(std::intptr_t result) noexcept {
  return result < 0 && famfs::is_want(static_cast<int>(-result));
}

} // namespace famfs::capi
