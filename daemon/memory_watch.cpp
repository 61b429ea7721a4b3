#include "memory_watch.h"

#include "base/diag.h"

#include <array>
#include <csignal>
#include <exception>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

constexpr std::size_t kMost = 1024; // more is met again
constexpr unsigned kMostBits = 40;
constexpr const char* kUntold = "out of memory: memory failures are not reported";

void hear_of_failures(unsigned long when) noexcept {
  // Without CONFIG_MEMORY_FAILURE there is nothing to hear, and this fails.
  static_cast<void>(::prctl(PR_MCE_KILL, PR_MCE_KILL_SET, when, 0, 0));
}

sigset_t only_sigbus() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGBUS);
  return set;
}

} // namespace

void fail_on_access_only() noexcept {
  hear_of_failures(PR_MCE_KILL_LATE);
}

MemoryWatch::MemoryWatch(Report report)
    : report_(std::move(report)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  met_.reserve(kMost);
}

void MemoryWatch::met(const media::BadRange& range) noexcept {
  const std::lock_guard lock(mutex_);
  if (met_.size() < kMost) {
    met_.push_back(range);
    ++met_count_;
    ::eventfd_write(wake_.get(), 1);
  }
}

void MemoryWatch::start(const std::byte* base, std::uint64_t size) {
  base_ = base;
  size_ = size;
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "famfs-memory");
  const std::lock_guard lock(mutex_);
  running_ = true;
}

void MemoryWatch::settle() {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = met_count_;
  reported_.wait(lock, [&] { return !running_ || reported_count_ >= until; });
}

void MemoryWatch::stop() noexcept {
  if (thread_.joinable()) {
    stopping_.store(true);
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
    const std::lock_guard lock(mutex_);
    running_ = false;
    reported_.notify_all();
  }
  try {
    report_met();
  } catch (const std::exception&) { // they were errors to whoever met them
    diag::log(diag::Level::error, kUntold);
  }
}

void MemoryWatch::run() noexcept {
  const sigset_t set = only_sigbus();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  hear_of_failures(PR_MCE_KILL_EARLY);
  std::array<pollfd, 2> wait{{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                              {.fd = signals.get(), .events = POLLIN, .revents = 0}}};
  while (!stopping_.load()) {
    try {
      report_met();
    } catch (const std::exception&) { // it will be met again
      diag::log(diag::Level::error, kUntold);
    }
    static_cast<void>(::poll(wait.data(), wait.size(), -1));
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(wake_.get(), &count));
    hear(signals.get());
  }
}

void MemoryWatch::hear(int signals) {
  signalfd_siginfo signal{};
  while (::read(signals, &signal, sizeof signal) == sizeof signal) {
    const auto base = reinterpret_cast<std::uintptr_t>(base_);
    if (signal.ssi_code != BUS_MCEERR_AO || signal.ssi_addr_lsb >= kMostBits) {
      continue;
    }
    const std::uint64_t length = std::uint64_t{1} << signal.ssi_addr_lsb;
    const std::uint64_t address = signal.ssi_addr & ~(length - 1);
    if (signal.ssi_addr < base || signal.ssi_addr - base >= size_) {
      diag::error("memory failure in the daemon's own memory at {:#x}", signal.ssi_addr);
      continue;
    }
    const std::uint64_t offset = address < base ? 0 : address - base;
    met({.offset = offset, .length = address < base ? length - (base - address) : length});
  }
}

void MemoryWatch::report_met() {
  std::vector<media::BadRange> ranges;
  ranges.reserve(kMost);
  std::uint64_t count = 0;
  {
    const std::unique_lock gathered(gathering_);
    const std::lock_guard lock(mutex_);
    ranges.swap(met_);
    count = met_count_;
  }
  for (const auto& range : media::tidy(std::move(ranges), UINT64_MAX)) {
    report_(range);
  }
  const std::lock_guard lock(mutex_);
  reported_count_ = count;
  reported_.notify_all();
}

} // namespace famfs::daemon
