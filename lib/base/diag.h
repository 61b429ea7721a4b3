// Diagnostics: the log lines of programs, never of the on-media log. The door to spdlog.
// Thread-safe after init(). Library code reports through results and reporters; it logs only what
// no caller can return (a foreign release, a stale record).
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::diag {

enum class Level : std::uint8_t { debug, info, warning, error };
enum class Sink : std::uint8_t { standard_error, syslog };

struct Field {
  std::string name; // "FAMFS_DEVICE"
  std::string value;
};

struct Options {
  std::string program; // "famfsd": starts each line
  Level level = Level::info;
  Sink sink =
      Sink::standard_error;       // where the journal is standard error, it takes the lines itself
  std::vector<Field> fields = {}; // of every line, for the journal
};

// Before the first thread. Without it, warnings and errors go to standard error as "famfs: …".
void init(const Options& options);
void log(Level level, std::string_view line) noexcept;

template <class... A> void debug(fmt::format_string<A...> f, A&&... a) {
  log(Level::debug, fmt::format(f, std::forward<A>(a)...));
}
template <class... A> void info(fmt::format_string<A...> f, A&&... a) {
  log(Level::info, fmt::format(f, std::forward<A>(a)...));
}
template <class... A> void warning(fmt::format_string<A...> f, A&&... a) {
  log(Level::warning, fmt::format(f, std::forward<A>(a)...));
}
template <class... A> void error(fmt::format_string<A...> f, A&&... a) {
  log(Level::error, fmt::format(f, std::forward<A>(a)...));
}

} // namespace famfs::diag
