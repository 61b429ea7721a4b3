// The journal as a place for log lines, with fields of their own. diag's; the door to libsystemd,
// with service.h.
#pragma once

#include "base/diag.h"

#include <spdlog/sinks/sink.h>

namespace famfs::diag {

// Did the service manager connect standard error to the journal (JOURNAL_STREAM of
// systemd.exec(5))?
[[nodiscard]] bool stderr_is_journal();

[[nodiscard]] spdlog::sink_ptr journal_sink(const Options& options);

} // namespace famfs::diag
