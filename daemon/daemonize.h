// Becoming a daemon: the parent waits until the child is ready or has failed, and exits with what
// the child says. Before anything is claimed and before the first thread.
#pragma once

#include "base/fd.h"

#include <string>

namespace famfs::daemon {

// What the child has to say to the waiting parent, once. Without a parent (foreground) it says
// nothing.
class Parent {
public:
  Parent() = default;
  explicit Parent(UniqueFd pipe) : pipe_(std::move(pipe)) {}
  // Leaves the terminal: standard input and outputs become /dev/null.
  void tell_ready();
  void tell_failure(int exit_code, const std::string& line);

private:
  UniqueFd pipe_;
};

struct Outcome {
  int exit_code = 0;
  std::string line; // for standard error; empty: nothing
};

struct Forked {
  bool child = false;
  Parent parent;   // in the child
  Outcome outcome; // in the parent
};
[[nodiscard]] Forked fork_daemon();

} // namespace famfs::daemon
