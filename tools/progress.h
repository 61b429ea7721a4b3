// How far a run is: "weights.bin  1.2 GiB of 4 GiB  2.1 GiB/s  1 s left", redrawn in place on a
// terminal; with --json a line of JSON each time, wherever standard error goes; else nothing.
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
  enum class Style : std::uint8_t { terminal, json };
  Progress(Context& context, std::string_view what, std::uint64_t total,
           Style style = Style::terminal);
  ~Progress(); // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t bytes);
  void set(std::uint64_t bytes, std::uint64_t total);
  void at(std::string_view what); // what comes next, within the same total
  void wipe();                    // before anything else is written to standard error

private:
  using Clock = std::chrono::steady_clock;
  void tell();
  void draw(std::uint64_t done, std::uint64_t total, double seconds);

  Context& context_;
  const Style style_;
  const Clock::time_point start_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> total_;
  std::mutex drawing_; // guards what follows, and err
  std::string what_;
  Clock::time_point next_;
  bool drawn_ = false;
};

[[nodiscard]] inline Progress::Style progress_style(bool json) noexcept {
  return json ? Progress::Style::json : Progress::Style::terminal;
}

} // namespace famfs::tools
