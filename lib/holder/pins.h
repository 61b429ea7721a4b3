// Pins: reasons why a file's memory must not be reused (an open handle, a mapping). What would take
// the memory away waits for the last pin and is resumed by a callback, never by polling.
//
// Thread-safe. One mutex, held for counting only: callbacks run without it, on the thread that
// released the last pin, or at once on the caller's when there is none. Nothing throws: what needs
// memory says no_memory, or is given its memory by the caller.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

namespace famfs::holder {

class Pins;

// Move-only; releasing (destroying) it may run a callback.
class Pin {
public:
  Pin() = default;
  Pin(Pin&& other) noexcept;
  Pin& operator=(Pin&& other) noexcept;
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin();
  void release() noexcept;
  [[nodiscard]] explicit operator bool() const noexcept;

private:
  friend class Pins;
  struct State;
  Pin(std::shared_ptr<State> state, std::uint64_t key) noexcept;
  std::shared_ptr<State> state_;
  std::uint64_t key_ = 0;
};

class Pins {
public:
  // Callbacks with the memory that it takes to keep them: made before what they are to finish is
  // begun, so that waiting cannot fail.
  using Waiting = std::list<std::function<void()>>;

  Pins();
  ~Pins(); // outstanding pins stay valid; callbacks that still wait are dropped
  Pins(const Pins&) = delete;
  Pins& operator=(const Pins&) = delete;

  [[nodiscard]] Result<Pin> pin(std::uint64_t key) noexcept; // no_memory
  [[nodiscard]] std::uint64_t count(std::uint64_t key) const noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept;
  // Runs them once no pin on `key` is left; several are run in the order they came.
  void when_free(std::uint64_t key, Waiting callbacks) noexcept;

private:
  std::shared_ptr<Pin::State> state_;
};

} // namespace famfs::holder
