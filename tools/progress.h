// "weights.bin  1.2 GiB of 4 GiB  2.1 GiB/s  1 s left", redrawn in place; on a terminal only.
// Thread-safe: any thread may add; one at a time draws.
#pragma once

#include "context.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace famfs::tools {

class Progress {
public:
  Progress(Context& context, std::string_view what, std::uint64_t total);
  ~Progress(); // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t bytes);
  void set(std::uint64_t bytes);

private:
  using Clock = std::chrono::steady_clock;
  void draw(std::uint64_t done);

  Context& context_;
  std::string what_;
  std::uint64_t total_;
  Clock::time_point start_;
  std::atomic<std::uint64_t> done_{0};
  std::mutex drawing_; // guards what follows, and err
  Clock::time_point next_;
  bool drawn_ = false;
};

} // namespace famfs::tools
