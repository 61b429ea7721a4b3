// A media::Memory in RAM for tests: records what is done to it in order, fails where told to, and
// knows what a host that lost its caches would find (durable()).
//
// Thread-safe; a fence completes the write-backs of its own thread only, as on a real CPU. Pages
// are touched on use, so a size of many GiB costs nothing by itself.
#pragma once

#include "base/text.h"
#include "media/cache.h"
#include "media/memory.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace famfs::testing {

enum class Op : std::uint8_t { load, store, zero, store_u64, write_back, invalidate, fence };

struct Event {
  Op op = Op::fence;
  std::uint64_t offset = 0; // a fence: 0, 0
  std::uint64_t length = 0;
  std::uint64_t value = 0; // store_u64 alone
  bool operator==(const Event&) const = default;
};

// So that Catch2 shows events when a comparison fails.
inline std::ostream& operator<<(std::ostream& out, const Event& event) {
  static constexpr const char* names[] = {"load",       "store",      "zero", "store_u64",
                                          "write_back", "invalidate", "fence"};
  return out << fmt::format("{}({}, {}{})", names[static_cast<std::size_t>(event.op)], event.offset,
                            event.length,
                            event.op == Op::store_u64 ? fmt::format(" = {}", event.value) : "");
}

class AnonymousRam {
public:
  explicit AnonymousRam(std::uint64_t size) : size_(size) {
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
      throw std::bad_alloc();
    }
    bytes_ = static_cast<std::byte*>(at);
  }
  AnonymousRam(const AnonymousRam&) = delete;
  AnonymousRam& operator=(const AnonymousRam&) = delete;
  ~AnonymousRam() { ::munmap(bytes_, size_); }
  [[nodiscard]] MutableBytes span() const noexcept { return {bytes_, size_}; }

private:
  std::byte* bytes_ = nullptr;
  std::uint64_t size_;
};

class RecordingMemory final : public media::Memory {
public:
  explicit RecordingMemory(std::uint64_t size) : ram_(size), durable_(size) {}

  // Everything but loads, which only the hook sees. Failed calls are recorded too.
  [[nodiscard]] std::vector<Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  void forget_events() {
    const std::lock_guard lock(mutex_);
    events_.clear();
  }
  // Distinct cache lines per write_back call, added up.
  [[nodiscard]] std::uint64_t lines_written_back() const {
    std::uint64_t lines = 0;
    for (const Event& event : events()) {
      if (event.op == Op::write_back && event.length != 0) {
        lines += (event.offset + event.length - 1) / media::kCacheLine -
                 event.offset / media::kCacheLine + 1;
      }
    }
    return lines;
  }

  // Runs before each call (loads too), outside the lock: may change raw() as another host would.
  void set_hook(std::function<void(const Event&)> hook) { hook_ = std::move(hook); }

  // Calls that touch [offset, offset + length) give Errc::io, until heal().
  void fail_at(std::uint64_t offset, std::uint64_t length) {
    const std::lock_guard lock(mutex_);
    bad_.push_back({offset, length});
  }
  void heal() {
    const std::lock_guard lock(mutex_);
    bad_.clear();
  }
  void set_read_only(bool read_only) { read_only_ = read_only; }

  // The bytes as this host sees them, unrecorded: to prepare and to corrupt.
  [[nodiscard]] MutableBytes raw() noexcept { return ram_.span(); }
  // The bytes that were written back and fenced: what is left after a crash that lost all the rest.
  [[nodiscard]] MutableBytes durable() noexcept { return durable_.span(); }
  // Crash: this host's view becomes durable(). Call settle() after preparing through raw().
  void crash() {
    const std::lock_guard lock(mutex_);
    pending_.clear();
    std::memcpy(ram_.span().data(), durable_.span().data(), ram_.span().size());
  }
  // Everything stored so far is durable.
  void settle() {
    const std::lock_guard lock(mutex_);
    pending_.clear();
    std::memcpy(durable_.span().data(), ram_.span().data(), ram_.span().size());
  }

  [[nodiscard]] std::uint64_t size() const noexcept override { return ram_.span().size(); }

  Result<void> load(std::uint64_t offset, MutableBytes to) const override {
    return perform({Op::load, offset, to.size(), 0}, [&] {
      if (!to.empty()) {
        std::memcpy(to.data(), at(offset), to.size());
      }
    });
  }
  Result<void> store(std::uint64_t offset, Bytes from) override {
    return perform({Op::store, offset, from.size(), 0}, [&] {
      if (!from.empty()) {
        std::memcpy(at(offset), from.data(), from.size());
      }
    });
  }
  Result<void> zero(std::uint64_t offset, std::uint64_t length) override {
    return perform({Op::zero, offset, length, 0}, [&] { std::memset(at(offset), 0, length); });
  }
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override {
    if (offset % sizeof value != 0) {
      return fail(Errc::invalid, fmt::format("store_u64: offset {} is no multiple of 8", offset));
    }
    return perform({Op::store_u64, offset, sizeof value, value},
                   [&] { std::memcpy(at(offset), &value, sizeof value); });
  }
  Result<void> write_back(std::uint64_t offset, std::uint64_t length) override {
    return perform({Op::write_back, offset, length, 0}, [&] { snapshot_lines(offset, length); });
  }
  Result<void> invalidate(std::uint64_t offset, std::uint64_t length) const override {
    return perform({Op::invalidate, offset, length, 0}, [] {});
  }
  void fence() const noexcept override {
    const Event event{Op::fence, 0, 0, 0};
    if (hook_) {
      hook_(event);
    }
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    const auto mine = [me = std::this_thread::get_id()](const WrittenBack& w) {
      return w.thread == me;
    };
    for (const WrittenBack& w : pending_) {
      if (mine(w)) {
        std::memcpy(durable_.span().data() + w.offset, w.bytes.data(), w.bytes.size());
      }
    }
    std::erase_if(pending_, mine);
  }
  [[nodiscard]] std::byte* address(std::uint64_t offset) const noexcept override {
    return at(offset);
  }

private:
  struct WrittenBack {
    std::thread::id thread;
    std::uint64_t offset;
    std::vector<std::byte> bytes;
  };
  struct Range {
    std::uint64_t offset;
    std::uint64_t length;
  };

  [[nodiscard]] std::byte* at(std::uint64_t offset) const noexcept {
    return ram_.span().data() + offset;
  }

  template <class Act> Result<void> perform(const Event& event, Act act) const {
    if (hook_) {
      hook_(event);
    }
    const std::lock_guard lock(mutex_);
    if (event.op != Op::load) {
      events_.push_back(event);
    }
    if (event.offset > size() || event.length > size() - event.offset) {
      return fail(Errc::invalid, fmt::format("memory: [{}, +{}) is outside its {} bytes",
                                             event.offset, event.length, size()));
    }
    const bool stores = event.op == Op::store || event.op == Op::zero || event.op == Op::store_u64;
    if (stores && read_only_) {
      return fail(Errc::read_only, "memory: mapped read-only");
    }
    for (const Range& bad : bad_) {
      if (event.offset < bad.offset + bad.length && bad.offset < event.offset + event.length) {
        return fail(Errc::io,
                    fmt::format("memory: bad at offset {}", std::max(bad.offset, event.offset)));
      }
    }
    act();
    return {};
  }

  void snapshot_lines(std::uint64_t offset, std::uint64_t length) {
    if (length == 0) {
      return;
    }
    const std::uint64_t begin = offset / media::kCacheLine * media::kCacheLine;
    const std::uint64_t end = std::min(
        size(), (offset + length - 1) / media::kCacheLine * media::kCacheLine + media::kCacheLine);
    pending_.push_back({std::this_thread::get_id(), begin, {at(begin), at(begin) + (end - begin)}});
  }

  AnonymousRam ram_;
  AnonymousRam durable_;
  std::function<void(const Event&)> hook_;
  bool read_only_ = false;
  mutable std::mutex mutex_;
  mutable std::vector<Event> events_;
  mutable std::vector<WrittenBack> pending_;
  std::vector<Range> bad_;
};

} // namespace famfs::testing
