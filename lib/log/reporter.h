// Where replay tells what is wrong; library code prints nothing.
#pragma once

#include "format/fault.h"

namespace famfs::log {

class Reporter {
public:
  Reporter() = default;
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  virtual ~Reporter() = default;
  virtual void fault(const format::Fault& fault) = 0;
};

} // namespace famfs::log
