#include "base/diag.h"

#include "base/journal.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>

#include <cstdio>
#include <memory>

#include <syslog.h>

namespace famfs::diag {
namespace {

// Written by init() alone, before the first thread.
std::unique_ptr<spdlog::logger>& logger() {
  static std::unique_ptr<spdlog::logger> instance;
  return instance;
}

spdlog::level::level_enum spdlog_level(Level level) noexcept {
  switch (level) {
  case Level::debug:
    return spdlog::level::debug;
  case Level::info:
    return spdlog::level::info;
  case Level::warning:
    return spdlog::level::warn;
  case Level::error:
    return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::sink_ptr make_sink(const Options& options) {
  if (stderr_is_journal()) {
    return journal_sink(options);
  }
  if (options.sink == Sink::syslog) {
    // syslog(3) puts program and pid before each line itself.
    return std::make_shared<spdlog::sinks::syslog_sink_mt>(options.program, LOG_PID, LOG_DAEMON,
                                                           false);
  }
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%n: %v");
  return sink;
}

} // namespace

void init(const Options& options) {
  auto made = std::make_unique<spdlog::logger>(options.program, make_sink(options));
  made->set_level(spdlog_level(options.level));
  // A daemon that dies must not take its last words with it.
  made->flush_on(spdlog::level::debug);
  logger() = std::move(made);
}

void log(Level level, std::string_view line) noexcept {
  if (const auto& to = logger()) {
    to->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  } else if (level >= Level::warning) {
    std::fprintf(stderr, "famfs: %.*s\n", static_cast<int>(line.size()), line.data());
  }
}

} // namespace famfs::diag
