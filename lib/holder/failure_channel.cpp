#include "holder/failure_channel.h"

#include "base/diag.h"
#include "base/text.h"
#include "base/units.h"
#include "base/want.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

namespace famfs::holder {

namespace {

constexpr timeval kServerPatience{.tv_sec = 1, .tv_usec = 0};
constexpr timeval kClientPatience{.tv_sec = 5, .tv_usec = 0};
constexpr int kBacklog = 16;

using Request = std::array<std::uint64_t, 2>; // offset, length

std::optional<sockaddr_un> address_of(const Directory& directory, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory.socket_path(name);
  if (path.size() >= sizeof address.sun_path) {
    return std::nullopt;
  }
  std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address); // as bind(2) wants it
}

void limit_waiting(int socket, const timeval& patience) noexcept {
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

std::optional<uid_t> peer_uid(int socket) noexcept {
  ucred peer{};
  socklen_t length = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0
             ? std::optional(peer.uid)
             : std::nullopt;
}

int reply_to(int connection, FailureListener& listener) noexcept {
  Request request{};
  // MSG_TRUNC tells the packet's true length: a longer one is no request of ours.
  if (::recv(connection, request.data(), sizeof request, MSG_TRUNC) !=
          static_cast<ssize_t>(sizeof request) ||
      request[1] == 0 || !checked_add(request[0], request[1])) {
    return EINVAL;
  }
  // Only now: a connection closed with an unread packet in it loses the reply.
  if (const auto uid = peer_uid(connection); !uid || (*uid != 0 && *uid != ::geteuid())) {
    return EPERM;
  }
  return listener.call(request[0], request[1]);
}

// For descriptors or memory.
void wait_for_more() noexcept {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

// The program's signals are for its other threads; those that a fault raises stay its own.
sigset_t signals_to_block() noexcept {
  sigset_t set;
  ::sigfillset(&set);
  for (const int number : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    ::sigdelset(&set, number);
  }
  return set;
}

} // namespace

int FailureListener::call(std::uint64_t offset, std::uint64_t length) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || !callback_) {
        return EOPNOTSUPP;
      }
      inside_.push_back(std::this_thread::get_id());
    }
    int result = 0;
    try {
      callback_(offset, length);
    } catch (const std::exception& e) {
      diag::error("memory failure at {} of {} bytes: its callback threw: {}", offset, length,
                  e.what());
      result = EIO;
    } catch (...) {
      result = EIO;
    }
    const std::lock_guard lock(mutex_);
    inside_.erase(std::ranges::find(inside_, std::this_thread::get_id()));
    left_.notify_all();
    return result;
  } catch (const std::exception&) {
    return ENOMEM;
  }
}

void FailureListener::close() noexcept {
  std::unique_lock lock(mutex_);
  closed_ = true;
  left_.wait(lock, [this] {
    return std::ranges::all_of(inside_, [](auto id) { return id == std::this_thread::get_id(); });
  });
}

// The name is removed by close() alone, while the claim still stands: the last reference may go
// later, on the thread, when the name is another's already.
struct FailureChannel::Endpoint {
  std::string name;
  std::shared_ptr<const Directory> directory;
  std::shared_ptr<FailureListener> listener;
  UniqueFd socket;

  void serve() const noexcept {
    const UniqueFd connection(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) {
      if (is_want(errno)) {
        wait_for_more(); // it waits in the queue
      }
      return;
    }
    limit_waiting(connection.get(), kServerPatience);
    const int reply = reply_to(connection.get(), *listener);
    ::send(connection.get(), &reply, sizeof reply, MSG_NOSIGNAL);
  }
};

FailureChannel::FailureChannel() : pid_(::getpid()) {}

Result<void> FailureChannel::listen(std::shared_ptr<const Directory> directory,
                                    const std::string& name,
                                    std::shared_ptr<FailureListener> listener) {
  const auto address = address_of(*directory, name);
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  directory->remove(name);
  // The mode that bind(2) gives to the name is the socket's own.
  if (!address || !socket || ::fchmod(socket.get(), 0600) != 0 ||
      ::bind(socket.get(), generic(*address), sizeof *address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return fail_errno(address ? errno : ENAMETOOLONG, printable(directory->path_of(name)));
  }
  auto endpoint = std::make_shared<const Endpoint>(name, std::move(directory), std::move(listener),
                                                   std::move(socket));
  const std::lock_guard lock(mutex_);
  if (auto started = start(); !started) {
    endpoint->directory->remove(name);
    return started;
  }
  endpoints_.push_back(std::move(endpoint));
  wake();
  return {};
}

Result<void> FailureChannel::start() {
  if (thread_.joinable()) {
    return {};
  }
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) {
    return fail_errno(errno, "eventfd");
  }
  const sigset_t blocked = signals_to_block();
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, &blocked, &before); // the thread inherits it
  int err = 0;
  try {
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "famfs-failure");
  } catch (const std::system_error& e) {
    err = e.code().value();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return err == 0 ? Result<void>() : fail_errno(err, "thread that listens for memory failures");
}

void FailureChannel::close(const std::string& name) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(
      endpoints_, [&name](const auto& endpoint) { return endpoint->name == name; });
  if (found == endpoints_.end()) {
    return;
  }
  if (pid_ == ::getpid()) {
    (*found)->directory->remove(name);
  }
  endpoints_.erase(found);
  wake();
}

void FailureChannel::stop() noexcept {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
    wake();
  }
  if (thread.joinable() && pid_ != ::getpid()) {
    // Neither to be joined nor detached where it does not run: left as it is.
    static_cast<void>(new (std::nothrow) std::thread(std::move(thread)));
    return;
  }
  if (thread.joinable()) {
    thread.join();
  }
}

void FailureChannel::wake() const noexcept {
  if (wake_ && pid_ == ::getpid()) {
    ::eventfd_write(wake_.get(), 1);
  }
}

void FailureChannel::run() noexcept {
  try {
    for (bool goes_on = true; goes_on;) {
      try {
        goes_on = serve_until_changed();
      } catch (const std::bad_alloc&) { // a thread that ended would leave reports unheard
        wait_for_more();
      }
    }
  } catch (const std::exception& e) {
    diag::log(diag::Level::error, e.what());
  }
}

// False: stop.
bool FailureChannel::serve_until_changed() {
  std::vector<std::shared_ptr<const Endpoint>> endpoints;
  std::vector<pollfd> polled;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return false;
    }
    endpoints = endpoints_;
    polled.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
  }
  for (const auto& endpoint : endpoints) {
    polled.push_back({.fd = endpoint->socket.get(), .events = POLLIN, .revents = 0});
  }
  while (true) {
    if (::poll(polled.data(), polled.size(), -1) < 0) {
      if (errno == EINTR) {
        continue;
      }
      wait_for_more(); // EINVAL: these are more than RLIMIT_NOFILE
      return true;
    }
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      if (polled[i + 1].revents != 0) {
        endpoints[i]->serve();
      }
    }
    if (polled[0].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(polled[0].fd, &count);
      return true;
    }
  }
}

Result<void> send_failure(const Directory& directory, const std::string& name, std::uint64_t offset,
                          std::uint64_t length) {
  const auto what = [&] { return printable(directory.path_of(name)); };
  const auto address = address_of(directory, name);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket || !address) {
    return fail_errno(address ? errno : ENAMETOOLONG, what());
  }
  struct stat st{};
  if (::fstatat(directory.fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISSOCK(st.st_mode)) {
    return fail(Errc::unsupported, fmt::format("{}: its holder does not listen", what()));
  }
  limit_waiting(socket.get(), kClientPatience);
  if (::connect(socket.get(), generic(*address), sizeof *address) != 0) {
    return errno == ECONNREFUSED || errno == ENOENT
               ? fail(Errc::unsupported, fmt::format("{}: its holder does not listen", what()))
               : fail_errno(errno == EAGAIN ? ETIMEDOUT : errno, what(),
                            "only root and the holder's user may report");
  }
  if (const auto uid = peer_uid(socket.get()); !uid || !directory.believes(*uid)) {
    return fail(Errc::access_denied, fmt::format("{}: another user listens there", what()));
  }
  const Request request{offset, length};
  int reply = 0;
  if (::send(socket.get(), request.data(), sizeof request, MSG_NOSIGNAL) < 0 ||
      ::recv(socket.get(), &reply, sizeof reply, 0) != static_cast<ssize_t>(sizeof reply)) {
    return fail(Errc::timed_out, fmt::format("{}: its holder does not answer", what()));
  }
  if (reply == EOPNOTSUPP) {
    return fail(Errc::unsupported, fmt::format("{}: its holder does not listen", what()));
  }
  return reply == 0 ? Result<void>() : fail_errno(reply, what());
}

} // namespace famfs::holder
