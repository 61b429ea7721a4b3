#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include <dlfcn.h>
#include <execinfo.h>

namespace famfs::crash {

// A place in the code that asks a memory for something, and the two calls that led there, innermost
// first: what a shared helper asks for may be needed by one of its callers and not by another.
using Site = std::array<void*, 3>;

// Of the caller's caller.
[[gnu::noinline]] inline Site asking_site() {
  constexpr std::size_t ours = 2; // this function, and the memory's
  std::array<void*, std::tuple_size_v<Site> + ours> frames{};
  ::backtrace(frames.data(), static_cast<int>(frames.size()));
  Site site{};
  std::copy(frames.begin() + ours, frames.end(), site.begin());
  return site;
}

// For `addr2line -Cfpie crash_tests`.
inline std::string name(const Site& site) {
  std::string text;
  for (void* const frame : site) {
    Dl_info info{};
    if (::dladdr(frame, &info) != 0) {
      text += fmt::format("{}{:#x}", text.empty() ? "" : " ",
                          static_cast<const char*>(frame) - static_cast<char*>(info.dli_fbase));
    }
  }
  return text;
}

} // namespace famfs::crash
