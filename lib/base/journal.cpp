#include "base/journal.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <cstdlib>
#include <memory>

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

namespace famfs::diag {
namespace {

int priority(spdlog::level::level_enum level) noexcept {
  switch (level) {
  case spdlog::level::debug:
    return LOG_DEBUG;
  case spdlog::level::info:
    return LOG_INFO;
  case spdlog::level::warn:
    return LOG_WARNING;
  default:
    return LOG_ERR;
  }
}

// One datagram a line: libsystemd needs no lock.
class JournalSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  explicit JournalSink(const Options& options) : always_{"SYSLOG_IDENTIFIER=" + options.program} {
    for (const Field& field : options.fields) {
      always_.push_back(fmt::format("{}={}", field.name, field.value));
    }
  }

private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    std::vector<std::string> fields = always_;
    fields.push_back(fmt::format("PRIORITY={}", priority(line.level)));
    fields.push_back(
        fmt::format("MESSAGE={}", std::string_view(line.payload.data(), line.payload.size())));
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (std::string& field : fields) {
      parts.push_back({.iov_base = field.data(), .iov_len = field.size()});
    }
    static_cast<void>(::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())));
  }
  void flush_() override {}

  std::vector<std::string> always_;
};

} // namespace

bool stderr_is_journal() {
  const char* const named =
      std::getenv("JOURNAL_STREAM"); // NOLINT(concurrency-mt-unsafe): init()'s
  struct stat found{};
  return named != nullptr && ::fstat(STDERR_FILENO, &found) == 0 &&
         fmt::format("{}:{}", found.st_dev, found.st_ino) == named;
}

spdlog::sink_ptr journal_sink(const Options& options) {
  return std::make_shared<JournalSink>(options);
}

} // namespace famfs::diag
