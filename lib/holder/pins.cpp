#include "holder/pins.h"

#include "base/diag.h"

#include <exception>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

namespace famfs::holder {

namespace {

// One callback's failure must not keep the others waiting for ever.
void run_all(const Pins::Waiting& waiting) noexcept {
  for (const auto& resume : waiting) {
    try {
      resume();
    } catch (const std::exception& e) {
      diag::error("pins: a callback threw: {}", e.what());
    } catch (...) {
      diag::error("pins: a callback threw");
    }
  }
}

} // namespace

struct Pin::State {
  struct Slot {
    std::uint64_t count = 0;
    Pins::Waiting waiting;
  };
  mutable std::mutex mutex;
  std::unordered_map<std::uint64_t, Slot> slots; // only keys with a count
  std::uint64_t total = 0;

  // The callbacks to run, if it was the last pin.
  Pins::Waiting unpin(std::uint64_t key) noexcept {
    const std::lock_guard lock(mutex);
    --total;
    const auto slot = slots.find(key);
    if (--slot->second.count > 0) {
      return {};
    }
    Pins::Waiting waiting = std::move(slot->second.waiting);
    slots.erase(slot);
    return waiting;
  }

  // Moved out, so that the callbacks (and pins they may own) are destroyed without the mutex.
  Pins::Waiting drop_waiting() noexcept {
    const std::lock_guard lock(mutex);
    Pins::Waiting dropped;
    for (auto& [key, slot] : slots) {
      dropped.splice(dropped.end(), slot.waiting);
    }
    return dropped;
  }
};

Pin::Pin(std::shared_ptr<State> state, std::uint64_t key) noexcept
    : state_(std::move(state)), key_(key) {}

Pin::Pin(Pin&& other) noexcept : state_(std::move(other.state_)), key_(other.key_) {}

Pin& Pin::operator=(Pin&& other) noexcept {
  if (this != &other) {
    // The new pin is in place before the old one's callbacks run: they may look at this one.
    const Pin old(std::exchange(state_, std::move(other.state_)), std::exchange(key_, other.key_));
  }
  return *this;
}

Pin::~Pin() {
  release();
}

void Pin::release() noexcept {
  if (const auto state = std::exchange(state_, nullptr)) {
    run_all(state->unpin(key_));
  }
}

Pin::operator bool() const noexcept {
  return state_ != nullptr;
}

Pins::Pins() : state_(std::make_shared<Pin::State>()) {}

Pins::~Pins() {
  state_->drop_waiting();
}

Result<Pin> Pins::pin(std::uint64_t key) noexcept try {
  const std::lock_guard lock(state_->mutex);
  ++state_->slots[key].count;
  ++state_->total;
  return Pin(state_, key);
} catch (const std::bad_alloc&) {
  return fail(Errc::no_memory, "out of memory"); // short: allocates nothing itself
}

std::uint64_t Pins::count(std::uint64_t key) const noexcept {
  const std::lock_guard lock(state_->mutex);
  const auto slot = state_->slots.find(key);
  return slot == state_->slots.end() ? 0 : slot->second.count;
}

std::uint64_t Pins::total() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->total;
}

void Pins::when_free(std::uint64_t key, Waiting callbacks) noexcept {
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto slot = state_->slots.find(key); slot != state_->slots.end()) {
      Waiting& waiting = slot->second.waiting;
      waiting.splice(waiting.end(), callbacks);
      return;
    }
  }
  run_all(callbacks);
}

} // namespace famfs::holder
