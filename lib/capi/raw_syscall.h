// A system call past the C library's function of that name, which may be ours or another preload
// library's. errno is kept by those who enter the library (api.cpp), not here.
#pragma once

#include <cerrno>

#include <sys/syscall.h>
#include <unistd.h>

namespace famfs::capi {

// The result, or a negative errno.
template <class... Arguments>
[[nodiscard]] long raw_syscall(long number, Arguments... arguments) noexcept {
  const long result = ::syscall(number, arguments...); // NOLINT(cppcoreguidelines-pro-type-vararg)
  return result == -1 ? -errno : result;
}

} // namespace famfs::capi
