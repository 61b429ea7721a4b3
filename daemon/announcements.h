// Threads that said, on a directory they have open, that the files they will make in it are to be
// committed by request alone (FAMFS_IOC_ANNOUNCE): so that whoever is killed between open(2) and
// its first request leaves nothing. It holds as long as the directory is open, so no process that
// comes later is taken for the thread that had its number.
//
// Thread-safe. One mutex, a leaf.
#pragma once

#include "tree/tree.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include <sys/types.h>

namespace famfs::daemon {

class Announcements {
public:
  // What the kernel is to hand back with every operation on a directory that is being opened.
  [[nodiscard]] std::uint64_t next_handle() noexcept { return ++last_handle_; }

  void add(std::uint64_t handle, tree::NodeId directory, pid_t thread);
  void remove(std::uint64_t handle);
  [[nodiscard]] bool has(tree::NodeId directory, pid_t thread) const;

private:
  struct Announcement {
    tree::NodeId directory = 0;
    pid_t thread = 0;
  };
  std::atomic<std::uint64_t> last_handle_ = 0;
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Announcement> open_; // by handle
};

} // namespace famfs::daemon
