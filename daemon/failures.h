// Memory failures: what the holder registry and our own reads and writes report, for the log and
// for STATUS. Thread-safe; the mutex is never held while logging or asking who owns a byte.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace famfs::daemon {

struct Failure {
  std::uint64_t offset = 0; // on the device
  std::uint64_t length = 0;
  std::string file; // relative path; empty: no file has it
  std::uint64_t times = 1;
};

class Failures {
public:
  using Locate = std::function<std::optional<std::string>(std::uint64_t offset)>;

  explicit Failures(std::string device) : device_(std::move(device)) {}

  // Once there is a volume to ask; nullptr before it goes.
  void set_locate(Locate locate);
  // Logged when it is new, up to a number (a device that went away has a million of them); the same
  // range again is only counted.
  void note(std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] std::vector<Failure> last() const;

private:
  static constexpr std::size_t kKept = 16;
  static constexpr std::uint64_t kLogged = 100;

  void log(const Failure& failure) const;

  std::string device_;
  mutable std::mutex mutex_;
  Locate locate_;
  std::vector<Failure> last_; // oldest first
  std::uint64_t count_ = 0;   // of those that were new
};

} // namespace famfs::daemon
