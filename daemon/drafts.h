// Drafts: files and directories that get their mode, owner or name after they are closed, or made.
//
// install(1), rsync(1) and
// all who write through mkstemp(3) make a file that nobody else may read (O_EXCL, mode 0600 asked
// for), write it, close it, and only then chmod(2), chown(2) or rename(2) it. The format cannot
// record that of a committed file, so a draft is not committed by its last close but by what comes
// after:
//  - rename(2), which gives it its name;
//  - chmod(2) after the close, or one that lets others in; but not of a name with a leading dot,
//    which rsync renames next; and only after the close for what is open for reading too, as
//    mkstemp makes it: sed -i renames that next, and removes it if it may not replace what is
//    there. These commits' results are the system call's;
//  - the exit of the process that closed it, or five seconds, whichever is first;
//  - fsync(2) of the directory, and the unmount.
// Until then a crash of ours loses it: close(2) promises nothing, and fsync(2) of a file not its
// name.
//
// Every directory is a draft, closed when it is made: mkdir(1) and chmod(1) may be two commands. It
// is committed by the first commit of something in it (which needs it), fsync(2) of it or of the
// directory that it is in, and after five seconds; private ones (private_directories.h) wait for
// the exit of their maker.
//
// Thread-safe. One mutex, not held while committing. The thread that waits for exits and seconds is
// made with the object and joined with it.
#pragma once

#include "base/fd.h"
#include "tree/tree.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include <poll.h>
#include <sys/types.h>

namespace famfs::daemon {

class Drafts {
public:
  static constexpr std::chrono::milliseconds kPatience{5000};

  // `commit`: called on the waiting thread.
  explicit Drafts(std::function<void(tree::NodeId)> commit,
                  std::chrono::milliseconds patience = kPatience);
  Drafts(const Drafts&) = delete;
  Drafts& operator=(const Drafts&) = delete;
  ~Drafts(); // what is left is for Volume::commit_all

  // open(2)'s flags and mode, the mode already without the umask's bits. With a umask that hides
  // everything from others the mode says nothing about intent, unless it is a temporary file:
  // sed(1) sets that umask for mkstemp(3).
  [[nodiscard]] static bool is_draft(int flags, mode_t mode, mode_t umask) noexcept;
  [[nodiscard]] static bool is_temporary(int flags) noexcept;

  // temporary: it is to be renamed, whatever its mode becomes.
  void add(tree::NodeId node, bool temporary = false);
  [[nodiscard]] bool awaits_name(tree::NodeId node) const; // a temporary one
  [[nodiscard]] bool contains(tree::NodeId node) const;
  [[nodiscard]] bool is_closed(tree::NodeId node) const;
  [[nodiscard]] std::vector<tree::NodeId> closed() const;
  // The last writer closed it; process 0: only time ends it. False: not a draft.
  [[nodiscard]] bool close(tree::NodeId node, pid_t process);
  // Time does not end it any more.
  void keep(tree::NodeId node);
  // It is being written again.
  void reopen(tree::NodeId node);
  // It is a file like any other from now on. True: its writer has closed it, so commit it.
  [[nodiscard]] bool end(tree::NodeId node);

private:
  using Clock = std::chrono::steady_clock;
  // A pidfd. One process can have any number of drafts: they share it, or else one user could use
  // up the descriptors of us all. Null: nobody's end is waited for.
  using Process = std::shared_ptr<const UniqueFd>;
  struct Draft {
    bool temporary = false;
    bool closed = false;
    Process process;
    Clock::time_point until;
  };

  // What the waiting thread polls: fds[0] wakes it, each other one is a process.
  struct Watched {
    std::vector<pollfd> fds;
    std::vector<Process> processes;
    int timeout = -1; // milliseconds
  };

  void run();
  [[nodiscard]] bool turn(std::set<Process>& exited, std::vector<tree::NodeId>& due); // false: stop
  [[nodiscard]] Process process(pid_t pid);
  [[nodiscard]] std::vector<tree::NodeId> take_due(const std::set<Process>& exited);
  [[nodiscard]] Watched watched();
  void wake() const;

  std::function<void(tree::NodeId)> commit_;
  std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::unordered_map<tree::NodeId, Draft> drafts_;
  std::unordered_map<pid_t, std::weak_ptr<const UniqueFd>> processes_; // of drafts_
  bool stop_ = false;
  bool idle_ = false; // the thread waits for no time
  UniqueFd wake_;
  std::thread thread_;
};

} // namespace famfs::daemon
