// Open files: what the kernel's file handles stand for, and which handles a node has.
//
// Thread-safe. One mutex guards the counts; a handle's own fields do not change after it is added,
// but `shared`, which only ever becomes true. The kernel sends no operation on a handle after its
// RELEASE.
#pragma once

#include "holder/pins.h"
#include "tree/tree.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace famfs::daemon {

struct Handle {
  tree::NodeId node = 0;
  bool writable = false;
  holder::Pin pin;
  // Another process was seen to have the same open file (last_close.h).
  std::atomic<bool> shared = false;
};

class OpenFiles {
public:
  // The caller hands the pointer to the kernel and gives it back with remove().
  [[nodiscard]] Handle* add(std::unique_ptr<Handle> handle);

  struct Removed {
    std::unique_ptr<Handle> handle; // its pin still held
    bool last_writer = false;       // it could write, and no other handle of the node can
    bool last = false;              // the node has no other handle
  };
  [[nodiscard]] Removed remove(Handle* handle);

  [[nodiscard]] bool only_writer(const Handle& handle) const;
  [[nodiscard]] std::uint64_t count() const;

private:
  struct Counts {
    std::uint64_t handles = 0;
    std::uint64_t writers = 0;
  };
  mutable std::mutex mutex_;
  std::unordered_map<const Handle*, std::unique_ptr<Handle>>
      handles_; // what is left at the end goes too
  std::unordered_map<tree::NodeId, Counts> nodes_;
};

} // namespace famfs::daemon
