#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

#include <dlfcn.h>

namespace famfs::crash {

// A place in the code that asks a memory for something: where the call returns to.
using Site = const void*;

// For `addr2line -Cfie crash_tests`.
inline std::string name(Site site) {
  Dl_info info{};
  ::dladdr(site, &info);
  return fmt::format("{:#x}", static_cast<const char*>(site) - static_cast<char*>(info.dli_fbase));
}

} // namespace famfs::crash
