// Private directories: pending directories that what is made in them waits for.
//
// Every directory is a draft when it is made (drafts.h). Root's tar(1), and cp(1) -a, make one that
// nobody else may enter, fill it, and give it owner and mode last, when the files in it have long
// been closed. The format cannot record that of a committed directory, and nothing can be committed
// before the directory that it is in. So a directory whose mode lets in fewer than the umask would
// is taken to be unfinished: what is closed in it, at any depth, waits. It is over with
//  - chmod(2) of the directory, whose result is that of the commits;
//  - the exit of the process that made it; and five seconds, if nothing is made in it;
//  - a file made in it, at any depth, without O_EXCL: that is no program that copies trees;
//  - fsync(2) of a file or directory in it, and famfs cp: those are to be committed now.
// In the last two the directory is committed with the mode it has, as is every one above it.
//
// Thread-safe. One mutex, a leaf.
#pragma once

#include "volume/volume.h"

#include <mutex>
#include <unordered_map>
#include <vector>

#include <sys/types.h>

namespace famfs::daemon {

class PrivateDirectories {
public:
  explicit PrivateDirectories(volume::Volume& volume);

  // mkdir(2)'s mode, already without the umask's bits.
  [[nodiscard]] static bool is_private(mode_t mode, mode_t umask) noexcept;

  void add(tree::NodeId directory);
  // Those among the directory and what is above it.
  [[nodiscard]] std::vector<tree::NodeId> from(tree::NodeId directory) const;
  [[nodiscard]] bool holds(tree::NodeId node) const; // it waits, or would

  // Commits what its last writer closed; or it waits.
  [[nodiscard]] Result<void> commit(tree::NodeId node);
  // Not private any more: what waited is committed. The first failure; all are tried.
  [[nodiscard]] Result<void> end(tree::NodeId directory);
  // Nor are those above it. What could not be committed is logged: the caller wants something else.
  void end_from(tree::NodeId directory);

private:
  [[nodiscard]] bool wait(tree::NodeId node);

  volume::Volume& volume_;
  mutable std::mutex mutex_;
  std::unordered_map<tree::NodeId, std::vector<tree::NodeId>> waiting_; // by private directory
};

} // namespace famfs::daemon
