#include "drafts.h"

#include <algorithm>
#include <new>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

constexpr mode_t kOthers = 077;

bool has_ended(const UniqueFd& process) {
  pollfd watched{.fd = process.get(), .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, 0) > 0;
}

} // namespace

Drafts::Drafts(std::function<void(tree::NodeId)> commit, std::chrono::milliseconds patience)
    : commit_(std::move(commit)), patience_(patience),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

Drafts::~Drafts() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake();
  thread_.join();
}

bool Drafts::is_draft(int flags, mode_t mode, mode_t umask) noexcept {
  return (flags & O_EXCL) != 0 && (mode & kOthers) == 0 &&
         (is_temporary(flags) || (umask & kOthers) != kOthers);
}

bool Drafts::is_temporary(int flags) noexcept {
  return (flags & O_ACCMODE) == O_RDWR;
}

void Drafts::add(tree::NodeId node, bool temporary) {
  const std::lock_guard lock(mutex_);
  drafts_[node].temporary = temporary;
}

bool Drafts::contains(tree::NodeId node) const {
  const std::lock_guard lock(mutex_);
  return drafts_.contains(node);
}

bool Drafts::is_closed(tree::NodeId node) const {
  const std::lock_guard lock(mutex_);
  const auto found = drafts_.find(node);
  return found != drafts_.end() && found->second.closed;
}

bool Drafts::awaits_name(tree::NodeId node) const {
  const std::lock_guard lock(mutex_);
  const auto found = drafts_.find(node);
  return found != drafts_.end() && found->second.temporary;
}

std::vector<tree::NodeId> Drafts::closed() const {
  const std::lock_guard lock(mutex_);
  std::vector<tree::NodeId> out;
  for (const auto& [node, draft] : drafts_) {
    if (draft.closed) {
      out.push_back(node);
    }
  }
  return out;
}

Drafts::Process Drafts::process(pid_t pid) {
  if (pid <= 0) {
    return nullptr;
  }
  auto& known = processes_[pid];
  auto process = known.lock();
  if (!process || has_ended(*process)) { // its number is another's now
    UniqueFd opened(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    process = opened ? std::make_shared<const UniqueFd>(std::move(opened)) : nullptr;
    known = process;
  }
  return process;
}

bool Drafts::close(tree::NodeId node, pid_t process) {
  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(node);
    if (found == drafts_.end()) {
      return false;
    }
    Draft& draft = found->second;
    draft.process = this->process(process);
    draft.closed = true;
    draft.until = Clock::now() + patience_;
    // A time that is set later comes later, so whoever waits for one need not know of another.
    must_wake = idle_ || draft.process;
  }
  if (must_wake) {
    wake();
  }
  return true;
}

void Drafts::keep(tree::NodeId node) {
  const std::lock_guard lock(mutex_);
  if (const auto found = drafts_.find(node); found != drafts_.end() && found->second.process) {
    found->second.until = Clock::time_point::max();
  }
}

void Drafts::reopen(tree::NodeId node) {
  const std::lock_guard lock(mutex_);
  if (const auto found = drafts_.find(node); found != drafts_.end()) {
    found->second.closed = false;
    found->second.process = nullptr;
  }
}

bool Drafts::end(tree::NodeId node) {
  const std::lock_guard lock(mutex_);
  const auto found = drafts_.find(node);
  if (found == drafts_.end()) {
    return false;
  }
  const bool closed = found->second.closed;
  drafts_.erase(found);
  return closed;
}

void Drafts::wake() const {
  ::eventfd_write(wake_.get(), 1);
}

std::vector<tree::NodeId> Drafts::take_due(const std::set<Process>& exited) {
  const auto now = Clock::now();
  std::vector<tree::NodeId> due;
  due.reserve(drafts_.size()); // nothing may be taken and then lost
  std::erase_if(drafts_, [&](const auto& item) {
    const auto& [node, draft] = item;
    const bool is_due = draft.closed && (now >= draft.until || exited.contains(draft.process));
    if (is_due) {
      due.push_back(node);
    }
    return is_due;
  });
  return due;
}

Drafts::Watched Drafts::watched() {
  Watched out;
  out.fds.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
  std::erase_if(processes_, [&](const auto& item) {
    auto process = item.second.lock();
    if (process) {
      out.fds.push_back({.fd = process->get(), .events = POLLIN, .revents = 0});
      out.processes.push_back(std::move(process));
      return false;
    }
    return true;
  });
  for (const auto& [node, draft] : drafts_) {
    if (!draft.closed || draft.until == Clock::time_point::max()) {
      continue;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(draft.until - Clock::now()).count();
    const int ms = static_cast<int>(std::max<std::int64_t>(left, 0));
    out.timeout = out.timeout < 0 ? ms : std::min(out.timeout, ms);
  }
  return out;
}

// What is due stays due until there is memory for it.
void Drafts::run() {
  constexpr std::chrono::milliseconds pause{100};
  std::set<Process> exited;
  std::vector<tree::NodeId> due;
  for (bool goes_on = true; goes_on;) {
    try {
      goes_on = turn(exited, due);
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(pause);
    }
  }
}

bool Drafts::turn(std::set<Process>& exited, std::vector<tree::NodeId>& due) {
  std::unique_lock lock(mutex_);
  if (stop_) {
    return false;
  }
  if (due.empty()) {
    due = take_due(exited);
  }
  Watched now = watched();
  idle_ = now.timeout < 0;
  lock.unlock();
  exited.clear();
  if (!due.empty()) {
    for (; !due.empty(); due.pop_back()) {
      commit_(due.back());
    }
    return true; // and look again: time has passed
  }
  static_cast<void>(::poll(now.fds.data(), now.fds.size(), now.timeout));
  eventfd_t woken = 0;
  static_cast<void>(::eventfd_read(wake_.get(), &woken));
  for (std::size_t i = 0; i < now.processes.size(); ++i) {
    if ((now.fds[i + 1].revents & POLLIN) != 0) {
      exited.insert(now.processes[i]);
    }
  }
  return true;
}

} // namespace famfs::daemon
