// Memory failures, from whoever finds one to the holder's callback: a unix socket per claimed
// device, in the directory of records, with one thread behind all of a registry's sockets.
//
// One request per connection: offset and length, two native 8-byte integers in one packet; the
// reply is an errno in a native int. Only root and the holder's user are heard. Nobody waits for
// ever: a silent client is dropped after a second, a silent holder given up after five.
//
// Thread-safe. Callbacks run without any mutex.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "holder/directory.h"
#include "holder/registry.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace famfs::holder {

// One holder's callback, and who is in it.
class FailureListener {
public:
  explicit FailureListener(FailureCallback callback) : callback_(std::move(callback)) {}
  // An errno: 0, EOPNOTSUPP once closed, EIO when it threw.
  [[nodiscard]] int call(std::uint64_t offset, std::uint64_t length) noexcept;
  // No call begins after it, and none runs on, except on the calling thread itself.
  void close() noexcept;

private:
  FailureCallback callback_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::vector<std::thread::id> inside_;
  bool closed_ = false;
};

class FailureChannel {
public:
  FailureChannel();
  FailureChannel(const FailureChannel&) = delete;
  FailureChannel& operator=(const FailureChannel&) = delete;
  ~FailureChannel() { stop(); }

  // Makes the socket `name`, replacing what a dead holder left; the first makes the thread.
  Result<void> listen(std::shared_ptr<const Directory> directory, const std::string& name,
                      std::shared_ptr<FailureListener> listener);
  void close(const std::string& name) noexcept;
  void stop() noexcept; // joins the thread; not from a callback

private:
  struct Endpoint;
  Result<void> start();
  void run() noexcept;
  bool serve_until_changed();
  void wake() const noexcept;

  std::mutex mutex_; // guards what follows
  std::vector<std::shared_ptr<const Endpoint>> endpoints_;
  std::thread thread_;
  bool stopping_ = false;
  UniqueFd wake_; // eventfd: endpoints_ or stopping_ changed
  pid_t pid_;     // a forked child has no such thread to join
};

// Reports to the holder behind that socket. Errc::unsupported: nobody listens.
[[nodiscard]] Result<void> send_failure(const Directory& directory, const std::string& name,
                                        std::uint64_t offset, std::uint64_t length);

} // namespace famfs::holder
