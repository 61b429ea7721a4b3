// Learns of memory that fails while mounted, and has it reported: what our own loads and stores met
// (media::FaultObserver, which may not do it itself: it runs under any lock), and what the kernel
// tells early, before anybody touches it.
#pragma once

#include "base/fd.h"
#include "media/bad_ranges.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace famfs::daemon {

// Before the first thread. The kernel's word of a failed page is a SIGBUS to some thread of the
// process that chose to hear early, or to any if vm.memory_failure_early_kill says so. Only the
// watch's own thread is made for that: elsewhere it would come at no faulting load, and nothing
// could be done but die. So every other thread hears late, that is, where it touches the page.
void fail_on_access_only() noexcept;

// Thread-safe. `report` runs on the watch's thread, without locks of ours; it must not touch device
// memory.
class MemoryWatch {
public:
  using Report = std::function<void(const media::BadRange&)>;

  explicit MemoryWatch(Report report);
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;
  ~MemoryWatch() { stop(); }

  // From any thread, under any lock.
  void met(const media::BadRange& range) noexcept;
  // While held, what is met is not reported yet: a search through a bad stretch is one report.
  [[nodiscard]] std::shared_lock<std::shared_mutex> gather() const {
    return std::shared_lock(gathering_);
  }

  // The device is mapped there. What was met before is reported now.
  void start(const std::byte* base, std::uint64_t size);
  void settle();        // waits until all that was met is reported
  void stop() noexcept; // reports what is left

private:
  void run() noexcept;
  void hear(int signals);
  void report_met();

  Report report_;
  mutable std::shared_mutex gathering_; // before mutex_
  std::mutex mutex_;                    // guards what follows
  std::condition_variable reported_;
  std::vector<media::BadRange> met_; // does not grow past what was reserved
  std::uint64_t met_count_ = 0;
  std::uint64_t reported_count_ = 0;
  bool running_ = false;

  const std::byte* base_ = nullptr;
  std::uint64_t size_ = 0;
  UniqueFd wake_; // eventfd
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace famfs::daemon
