#include "signals.h"

#include <array>
#include <csignal>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

namespace famfs::daemon {
namespace {

constexpr int kInterrupt = SIGUSR2; // its handler does nothing: it is sent for the EINTR
constexpr int kPauseMs = 50;

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

} // namespace

void block_ending_signals() {
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction action{};
  action.sa_handler = [](int) {};
  sigaction(kInterrupt, &action, nullptr);
  sigaction(SIGPIPE, &action, nullptr); // a broken pipe is an errno
}

SignalWatch::SignalWatch(std::function<void()> end)
    : end_(std::move(end)), stop_(eventfd(0, EFD_CLOEXEC)) {
  const sigset_t set = ending_signals();
  signals_ = UniqueFd(signalfd(-1, &set, SFD_CLOEXEC));
  thread_ = std::thread([this, waiter = pthread_self()] { watch(waiter); });
}

SignalWatch::~SignalWatch() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void SignalWatch::watch(pthread_t waiter) const {
  std::array<pollfd, 2> wait{{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                              {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
  bool ended = false;
  for (;;) {
    static_cast<void>(poll(wait.data(), wait.size(), ended ? kPauseMs : -1));
    if ((wait[0].revents & POLLIN) != 0) {
      return;
    }
    if ((wait[1].revents & POLLIN) != 0) {
      signalfd_siginfo signal{};
      static_cast<void>(::read(signals_.get(), &signal, sizeof signal) == sizeof signal);
      if (!ended) {
        ended = true;
        end_();
      }
    }
    if (ended) {
      pthread_kill(waiter, kInterrupt);
    }
  }
}

} // namespace famfs::daemon
