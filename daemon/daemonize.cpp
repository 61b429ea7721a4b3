#include "daemonize.h"

#include "base/error.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

constexpr int kFailed = 32; // mount(8)

// One byte, the exit code, then the line; then the end of the pipe.
void send(int fd, int exit_code, const std::string& line) {
  std::string message(1, static_cast<char>(exit_code));
  message += line;
  static_cast<void>(::write(fd, message.data(), message.size()) >= 0);
}

Outcome receive(int fd) {
  std::string message;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    message.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (message.empty()) {
    return {kFailed, "the daemon ended before the mount was ready: see the system's log"};
  }
  return {static_cast<unsigned char>(message[0]), message.substr(1)};
}

} // namespace

void Parent::tell_ready() {
  if (!pipe_) {
    return;
  }
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) { // else they stay: that is no reason not to serve
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(null.get(), fd);
    }
  }
  send(pipe_.get(), 0, "");
  pipe_ = UniqueFd();
}

void Parent::tell_failure(int exit_code, const std::string& line) {
  if (pipe_) {
    send(pipe_.get(), exit_code, line);
    pipe_ = UniqueFd();
  }
}

Forked fork_daemon() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return {.child = false,
            .parent = {},
            .outcome = {kFailed, fmt::format("pipe: {}", std::strerror(errno))}};
  }
  UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) {
    return {.child = false,
            .parent = {},
            .outcome = {kFailed, fmt::format("fork: {}", std::strerror(errno))}};
  }
  if (pid > 0) {
    to = UniqueFd();
    return {.child = false, .parent = {}, .outcome = receive(from.get())};
  }
  ::setsid();
  static_cast<void>(::chdir("/") == 0);
  return {.child = true, .parent = Parent(std::move(to)), .outcome = {}};
}

} // namespace famfs::daemon
