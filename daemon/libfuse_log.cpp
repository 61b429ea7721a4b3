#include "libfuse_log.h"

#include "base/diag.h"

#include <fuse_log.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>

namespace famfs::daemon {
namespace {

std::mutex mutex;
std::string captured; // guarded by mutex

std::string one_line(const char* format, va_list args) {
  constexpr std::size_t longest = 1024;
  std::array<char, longest> buffer{};
  if (std::vsnprintf(buffer.data(), buffer.size(), format, args) < 0) {
    return {};
  }
  std::string line(buffer.data());
  while (line.ends_with('\n')) {
    line.pop_back();
  }
  constexpr std::string_view prefix = "fuse: ";
  return line.starts_with(prefix) ? line.substr(prefix.size()) : line;
}

void keep(fuse_log_level level, const char* format, va_list args) {
  if (level > FUSE_LOG_WARNING) {
    return;
  }
  const std::string line = one_line(format, args);
  const std::lock_guard lock(mutex);
  captured += (captured.empty() ? "" : "; ") + line;
}

void forward(fuse_log_level level, const char* format, va_list args) {
  const auto to = level <= FUSE_LOG_ERR       ? diag::Level::error
                  : level == FUSE_LOG_WARNING ? diag::Level::warning
                                              : diag::Level::debug;
  diag::log(to, one_line(format, args));
}

} // namespace

void capture_fuse_log() {
  fuse_set_log_func(keep);
}

std::string captured_fuse_log() {
  const std::lock_guard lock(mutex);
  return captured;
}

void forward_fuse_log() {
  fuse_set_log_func(forward);
}

} // namespace famfs::daemon
