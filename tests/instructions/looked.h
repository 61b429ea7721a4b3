// What a host that shares no caches with the writer may read: a line that a thread has invalidated,
// once that thread has fenced its loads too.
#pragma once

#include "decode.h"
#include "durable.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include <sys/types.h>

namespace famfs::instructions {

class Looked {
public:
  Looked(std::uint64_t offset, std::uint64_t length, Durable::Forget forget);

  void write_back(pid_t thread, std::uint64_t offset, Kind how);
  void fence(pid_t thread, Kind how);

  // The first line of the range that may be an old one still, by its offset.
  [[nodiscard]] std::optional<std::uint64_t> old() const;

private:
  std::uint64_t first_, end_; // lines, by number
  Durable::Forget forget_;
  std::set<std::uint64_t> anew_;
  std::map<pid_t, std::set<std::uint64_t>> unfenced_;
};

} // namespace famfs::instructions
