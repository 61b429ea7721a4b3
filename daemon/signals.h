// SIGTERM, SIGINT and SIGHUP end a session cleanly. A thread waits for them, so that what they
// start is no signal handler's business; every other thread has them blocked.
#pragma once

#include "base/fd.h"

#include <functional>
#include <thread>

#include <pthread.h>

namespace famfs::daemon {

// Before the first thread: whatever is made later inherits it.
void block_ending_signals();

class SignalWatch {
public:
  // `end` is called once, on the watching thread. The calling thread is interrupted in its system
  // call after that, again and again until we are destroyed: fuse_session_loop_mt() looks at its
  // flag and then waits, and a single signal could fall between the two.
  explicit SignalWatch(std::function<void()> end);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

private:
  void watch(pthread_t waiter) const;

  std::function<void()> end_;
  UniqueFd signals_;
  UniqueFd stop_;
  std::thread thread_;
};

} // namespace famfs::daemon
