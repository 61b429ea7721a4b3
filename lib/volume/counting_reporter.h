// Passes faults on and counts them.
#pragma once

#include "log/reporter.h"

#include <cstdint>

namespace famfs::volume {

class CountingReporter : public log::Reporter {
public:
  explicit CountingReporter(log::Reporter& next) : next_(next) {}
  void fault(const format::Fault& fault) override {
    ++count_;
    next_.fault(fault);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
  log::Reporter& next_;
  std::uint64_t count_ = 0;
};

} // namespace famfs::volume
