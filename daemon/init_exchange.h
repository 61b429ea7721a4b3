// The first request of a connection, INIT, says what the kernel offers; the reply what we take of
// it. libfuse 3.14 knows the first 32 flags only, so what lies past them is read from the request
// as it comes in and set in the reply as it goes out. Everything else passes untouched.
#pragma once

#include "base/bytes.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <sys/uio.h>

namespace famfs::daemon {

namespace init_flag {
inline constexpr std::uint64_t kExtended = std::uint64_t{1} << 30; // there are more than 32 flags
// MAP_SHARED of files opened for direct I/O: reads and writes stay direct and in step with the page
// cache of the map. Linux 6.6.
inline constexpr std::uint64_t kDirectIoAllowMmap = std::uint64_t{1} << 36;
} // namespace init_flag

struct InitRequest {
  std::uint64_t unique = 0; // of the request: its reply has the same
  std::uint64_t flags = 0;  // offered
};
// nullopt: not an INIT of protocol 7.
[[nodiscard]] std::optional<InitRequest> parse_init_request(Bytes request);

// Adds flags to a reply's body (without its header). False: a body too short to have them.
[[nodiscard]] bool add_init_flags(MutableBytes body, std::uint64_t flags);

// Sits between libfuse and the connection's file descriptor. Used by one thread until the exchange
// is over (the kernel sends nothing else before), by any number after.
class InitExchange {
public:
  // Called once with what is offered; returns the flags to take besides libfuse's.
  using Choose = std::function<std::uint64_t(std::uint64_t offered)>;
  explicit InitExchange(Choose choose) : choose_(std::move(choose)) {}

  [[nodiscard]] bool over() const noexcept {
    return state_.load(std::memory_order_acquire) == State::over;
  }
  void saw_request(Bytes request);
  // `reply` is the message as writev(2) gets it. What to send in its place, empty: send it as it
  // is.
  [[nodiscard]] std::span<const iovec> replace(std::span<const iovec> reply);

  [[nodiscard]] std::uint64_t offered() const noexcept { return offered_.load(); }
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_.load(); }

private:
  enum class State : std::uint8_t { before, asked, over };

  Choose choose_;
  std::atomic<State> state_ = State::before;
  std::atomic<std::uint64_t> offered_ = 0;
  std::atomic<std::uint64_t> taken_ = 0;
  std::uint64_t unique_ = 0;
  std::vector<std::byte> body_;
  std::vector<iovec> message_;
};

} // namespace famfs::daemon
