// Access paths: how a program's load reaches the memory of the device, decided when the kernel has
// said what it offers. One object per mount. A way in which the kernel itself resolves the faults
// (docs/architecture.md, "Kernel map") is another class behind this interface: it will choose flags
// in negotiate(), mark entries, and name a map in each reply to an open.
//
// Thread-safe: negotiate() is called once, before anything else.
#pragma once

#include "options.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace famfs::daemon {

// What the kernel is told with each open.
struct OpenReply {
  bool direct_io = false; // read(2), write(2) and mmap(2) pass the page cache by
};

class AccessPath {
public:
  AccessPath() = default;
  AccessPath(const AccessPath&) = delete;
  AccessPath& operator=(const AccessPath&) = delete;
  virtual ~AccessPath() = default;

  // INIT flags to take of those offered (init_exchange.h).
  [[nodiscard]] virtual std::uint64_t negotiate(std::uint64_t offered) = 0;
  [[nodiscard]] virtual OpenReply open() const noexcept = 0;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0; // for STATUS and the log
  [[nodiscard]] virtual std::string why() const = 0;                // one line, for the same
};

[[nodiscard]] std::unique_ptr<AccessPath> make_access_path(MmapPolicy policy);

} // namespace famfs::daemon
