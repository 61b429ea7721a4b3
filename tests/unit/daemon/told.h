// What a daemon's METRICS tell, as a document.
#pragma once

#include "base/document.h"
#include "metrics.h"

namespace famfs::daemon {

inline Document told_by(const Metrics& metrics) {
  return Document::parse(metrics.json().text());
}

} // namespace famfs::daemon
