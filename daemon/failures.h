// Memory failures: what the holder registry and our own reads and writes report, for the log and
// for STATUS. What failed is given up: no file gets it, and reads and writes of it are EIO.
// Thread-safe.
#pragma once

#include "media/bad_ranges.h"

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
  // Which file has it, and: nobody is to use it any more. Must not touch device memory.
  struct Volume {
    std::function<std::optional<std::string>(const media::BadRange&)> file_in;
    std::function<void(const media::BadRange&)> withdraw;
  };

  explicit Failures(std::string device) : device_(std::move(device)) {}

  // Once there is one, which is then told what came before; {} before it goes: waits for calls.
  void set_volume(Volume volume);
  // Logged when it is new, up to a number (a device that went away has a million of them); the same
  // range again is only counted.
  void note(std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] std::vector<Failure> last() const;
  [[nodiscard]] std::uint64_t count() const; // of ranges, since the mount

private:
  static constexpr std::size_t kKept = 16;
  static constexpr std::uint64_t kLogged = 100;

  void log(const Failure& failure) const;
  std::string tell_volume(const media::BadRange& range);

  std::string device_;
  std::mutex calling_; // guards volume_, and is held while it is called; never with mutex_
  Volume volume_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Failure> last_; // oldest first
  std::uint64_t count_ = 0;   // of those that were new
};

} // namespace famfs::daemon
