#include "base/service.h"

#include <fmt/format.h>

#include <cstdlib>

#include <systemd/sd-daemon.h>

namespace famfs::service {
namespace {

void notify(std::string_view state, std::string_view status) {
  static_cast<void>(::sd_notify(0, fmt::format("{}\nSTATUS={}", state, status).c_str()));
}

} // namespace

void ready(std::string_view status) {
  notify("READY=1", status);
}

void stopping(std::string_view status) {
  notify("STOPPING=1", status);
}

void leave() {
  ::unsetenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe): before the first thread
}

} // namespace famfs::service
