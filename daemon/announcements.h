// Threads that said, on a directory they have open, that the files they will make in it are to be
// committed by request alone (FAMFS_IOC_ANNOUNCE): so that whoever is killed between open(2) and
// its first request leaves nothing. It holds as long as the directory is open, and for its user
// alone: a thread may end before, and leave its number to a stranger, whose file must not be lost.
//
// Thread-safe. One mutex, a leaf.
#pragma once

#include "tree/tree.h"

#include <atomic>
#include <compare>
#include <cstdint>
#include <mutex>
#include <set>
#include <unordered_map>

#include <sys/types.h>

namespace famfs::daemon {

class Announcements {
public:
  // What the kernel is to hand back with every operation on a directory that is being opened.
  [[nodiscard]] std::uint64_t next_handle() noexcept { return ++last_handle_; }

  struct Announcement {
    tree::NodeId directory = 0;
    pid_t thread = 0;
    uid_t user = 0;
    auto operator<=>(const Announcement&) const = default;
  };
  void add(std::uint64_t handle, const Announcement& announcement); // one of each handle
  void remove(std::uint64_t handle);
  [[nodiscard]] bool has(const Announcement& announcement) const;

private:
  std::atomic<std::uint64_t> last_handle_ = 0;
  mutable std::mutex mutex_;
  using Said = std::multiset<Announcement>;
  Said said_; // ordered: whoever makes a file looks, and anyone can say many
  std::unordered_map<std::uint64_t, Said::iterator> open_; // by handle; end(): nothing was said
};

} // namespace famfs::daemon
