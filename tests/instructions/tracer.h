// Runs threads of several processes one instruction at a time, and tells of each that matters to a
// device that they have mapped.
#pragma once

#include "decode.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace famfs::instructions {

// What happens on a device, in the order in which it does.
class Listener {
public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;
  // About to be; `how`: write_back or invalidate, fence or full_fence.
  virtual void write_back(pid_t thread, std::uint64_t offset, Kind how) = 0;
  virtual void fence(pid_t thread, Kind how) = 0;
  virtual void streamed(pid_t thread, std::uint64_t offset) = 0; // was
  virtual void stepped() = 0;                                    // any thread, any instruction
};

// Failures are exceptions (std::system_error): a test ends there.
class Tracer {
public:
  Tracer(std::string device, Listener& listener);

  void attach(pid_t process); // all its threads, and those to come
  // Until the command has ended; its wait status.
  int run(char** command);
  void detach(); // all that are left

private:
  struct Mapping {
    std::uint64_t begin = 0, end = 0, offset = 0;
  };
  void step(pid_t thread);
  [[nodiscard]] std::optional<std::uint64_t> on_device(pid_t thread, std::uint64_t address);
  [[nodiscard]] std::vector<Mapping> read_mappings(pid_t thread) const;

  std::string device_;
  Listener& listener_;
  std::set<pid_t> threads_;
  std::map<pid_t, std::vector<Mapping>> mappings_; // forgotten when anybody changes his
  std::map<pid_t, std::uint64_t> streaming_;       // by threads whose store runs in this step
};

} // namespace famfs::instructions
