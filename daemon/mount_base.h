// One mount, whatever it presents of its device (presentation.h). Lives as long as the FUSE
// session; the parts guard themselves. No lock of ours is held while a reply is sent.
#pragma once

#include "access_path.h"
#include "base/json_text.h"
#include "failures.h"
#include "holder/registry.h"
#include "init_exchange.h"
#include "media/device.h"
#include "media/memory.h"
#include "memory_watch.h"
#include "metrics.h"
#include "open_files.h"
#include "options.h"

#include <atomic>
#include <ctime>
#include <functional>
#include <memory>

namespace famfs::daemon {

// What there is once the device is claimed and mapped. All of it outlives the mount.
struct Ground {
  const CommandLine& line;
  const media::DeviceInfo& device;
  media::Memory& memory;
  holder::Registry& registry;
  Failures& failures;
  MemoryWatch& watch;
  Metrics& metrics;
  std::function<void()> ready; // the kernel's INIT has come: the mount can be used
};

struct MountBase : Ground {
  explicit MountBase(const Ground& ground)
      : Ground(ground), access(make_access_path(line.options.config.mount.mmap)),
        init([this](std::uint64_t offered) { return access->negotiate(offered); }),
        read_only(line.options.read_only) {}
  MountBase(const MountBase&) = delete;
  MountBase& operator=(const MountBase&) = delete;
  virtual ~MountBase() = default;

  // What STATUS tells of this presentation alone.
  [[nodiscard]] virtual JsonText presented() const = 0;

  std::unique_ptr<AccessPath> access;
  InitExchange init;
  OpenFiles open_files;
  std::atomic<bool> told_log_full = false; // once is enough: it does not grow
  const bool read_only;
  const std::time_t started = std::time(nullptr);
};

} // namespace famfs::daemon
