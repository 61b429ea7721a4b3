// Is this close(2) the last one? The kernel says FLUSH at every close of every duplicate of a file
// descriptor, also at the exit of each child that inherited one, and RELEASE once, when all are
// gone, but only after the last close has returned.
//
// A pending file is committed when its writer is done, and its size is fixed from then on. Neither
// message alone will do:
//  - commit at the first FLUSH, and `{ ls; date; } > f` loses date's lines: ls's exit closes its
//  copy;
//  - commit at RELEASE, and a `cp` that was told "done" is lost when we are killed a moment later,
//  and
//    what went wrong can be told to nobody.
// So at FLUSH we look in /proc whether anyone still has the file open for writing. When nobody has,
// it is the last close, and the commit's result is close(2)'s. Else, or when we cannot know, it is
// left to RELEASE.
//
// Whom to look at: descriptors are inherited by fork(2), and giving one up says FLUSH. So until the
// time that a process gives up its last one, all who have it are connected in the tree of
// processes: if anyone has it, then an ancestor or descendant of the closer. From then on the chain
// may be broken (a parent that closed and left), and every process is looked at. What this misses
// is a descriptor passed over a socket (SCM_RIGHTS) before that time.
//
// Looking must not call back into this mount, or we would wait for ourselves: no stat(2) through
// /proc/PID/fd, and no readlink(2) of what is there either, which waits for a closer that is in the
// middle of execve(2): fdinfo tells enough. What cannot be read counts as not having it, but for
// want of descriptors or memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sys/types.h>

namespace famfs::daemon {

struct WatchedFile {
  std::uint64_t inode = 0; // as fdinfo shows it: the node's id
  std::string name;        // last component of its path
};

enum class Search : std::uint8_t { family, everyone };

enum class Writers : std::uint8_t {
  nobody,
  closer,  // the closing process has it still
  others,  // the closing process has given it up, another has it
  unknown, // the closing process cannot be seen from here
  unseen   // nobody, as far as could be looked for want of descriptors or memory
};

class LastClose {
public:
  explicit LastClose(std::filesystem::path proc = "/proc");

  // Who (but us) still has it open for writing? `closer`: the thread that closes; its descriptor is
  // out of its table already. 0: the kernel cannot name it, it is in another pid namespace.
  [[nodiscard]] Writers writers(pid_t closer, Search search, const WatchedFile& file) const;
  // The process that a thread belongs to; 0: gone.
  [[nodiscard]] pid_t process_of(pid_t thread) const;

private:
  std::filesystem::path proc_;
};

} // namespace famfs::daemon
