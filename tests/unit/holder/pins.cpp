// Pins: what would take memory away waits for the last one.
#include "holder/pins.h"
#include "catch.h"
#include "memory_limit.h"
#include "support.h"

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using famfs::holder::Pin;
using famfs::holder::Pins;

namespace {

Pins::Waiting waiting(std::function<void()> resume) {
  Pins::Waiting callbacks;
  callbacks.push_back(std::move(resume));
  return callbacks;
}

} // namespace

TEST_CASE("pins are counted by key, and moved, not copied") {
  Pins pins;
  CHECK(pins.total() == 0);
  Pin one = pins.pin(7).value();
  Pin two = pins.pin(7).value();
  const Pin other = pins.pin(8).value();
  CHECK(pins.count(7) == 2);
  CHECK(pins.count(8) == 1);
  CHECK(pins.count(9) == 0);
  CHECK(pins.total() == 3);
  Pin moved(std::move(one));
  CHECK(moved);
  CHECK(pins.count(7) == 2);
  two = std::move(moved); // gives back the one it had
  CHECK(pins.count(7) == 1);
  two.release();
  two.release();
  CHECK_FALSE(two);
  CHECK(pins.count(7) == 0);
  CHECK(pins.total() == 1);
}

TEST_CASE("an operation on a free key goes on at once") {
  Pins pins;
  const Pin other = pins.pin(8).value();
  bool resumed = false;
  pins.when_free(7, waiting([&] { resumed = true; }));
  CHECK(resumed);
}

TEST_CASE(
    "an operation on a pinned key is held off until the last pin, and resumed by it, in order") {
  Pins pins;
  std::vector<int> resumed;
  Pin one = pins.pin(7).value();
  std::optional<Pin> two = pins.pin(7).value();
  for (int i = 0; i < 3; ++i) {
    pins.when_free(7, waiting([&, i] {
                     CHECK(pins.count(7) == 0); // no mutex is held
                     resumed.push_back(i);
                   }));
  }
  one.release();
  CHECK(resumed.empty());
  two.reset();
  CHECK(resumed == std::vector<int>{0, 1, 2});
  pins.pin(7).value().release();
  CHECK(resumed.size() == 3);
}

TEST_CASE("a callback may pin, wait and release") {
  Pins pins;
  Pin kept;
  int resumed = 0;
  {
    const Pin pin = pins.pin(1).value();
    pins.when_free(1, waiting([&] {
                     kept = pins.pin(1).value();
                     pins.when_free(1, waiting([&] { ++resumed; }));
                   }));
  }
  CHECK(kept);
  CHECK(resumed == 0);
  kept = Pin();
  CHECK(resumed == 1);
}

TEST_CASE("a callback that throws does not keep the others waiting") {
  Pins pins;
  bool resumed = false;
  const holder_test::CapturedLog captured;
  {
    const Pin pin = pins.pin(1).value();
    pins.when_free(1, waiting([] { throw std::runtime_error("on purpose"); }));
    pins.when_free(1, waiting([&] { resumed = true; }));
  }
  CHECK(resumed);
  CHECK(holder_test::contains(captured.text(), "on purpose"));
}

TEST_CASE("pins outlive their table; what still waits is dropped, with the pins it owns") {
  std::optional<Pins> pins;
  pins.emplace();
  Pin pin = pins->pin(1).value();
  bool resumed = false;
  bool other_resumed = false;
  auto owned = std::make_shared<Pin>(pins->pin(2).value());
  pins->when_free(2, waiting([&] { other_resumed = true; }));
  pins->when_free(1, waiting([&resumed, owned] { resumed = true; }));
  const std::weak_ptr<Pin> watch = owned;
  owned.reset();
  pins.reset();
  CHECK(watch.expired());
  CHECK_FALSE(other_resumed);
  pin.release();
  CHECK_FALSE(resumed);
}

TEST_CASE("threads that pin and wait: every operation runs once, on a key that was free") {
  constexpr int kThreads = 8;
  constexpr int kRounds = 2000;
  constexpr std::uint64_t kKeys = 3;
  Pins pins;
  std::atomic<int> resumed = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds; ++i) {
          const auto key = static_cast<std::uint64_t>(t + i) % kKeys;
          Pin pin = pins.pin(key).value();
          if (t % 2 == 0) {
            pins.when_free(key, waiting([&] { ++resumed; }));
          }
          const Pin moved = std::move(pin);
        }
      });
    }
  }
  CHECK(resumed == kThreads / 2 * kRounds);
  CHECK(pins.total() == 0);
}

TEST_CASE("an operation never runs while a pin that was there before it is left") {
  Pins pins;
  std::atomic<int> violations = 0;
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> left = 4;
    std::vector<Pin> held;
    for (int i = 0; i < 4; ++i) {
      held.push_back(pins.pin(1).value());
    }
    pins.when_free(1, waiting([&] { violations += left != 0 ? 1 : 0; }));
    std::vector<std::jthread> threads;
    for (Pin& pin : held) {
      threads.emplace_back([&] {
        --left;
        pin.release();
      });
    }
  }
  CHECK(violations == 0);
}

TEST_CASE("without memory a pin is refused, and waiting goes on") {
  Pins pins;
  Pin pin = pins.pin(1).value();
  bool resumed = false;
  auto resume = waiting([&] { resumed = true; });
  const auto refused = famfs::testing::with_allocations(0, [&] {
    auto other = pins.pin(2);
    pins.when_free(1, std::move(resume));
    return other.has_value() ? famfs::Errc::timed_out : other.error().code;
  });
  CHECK(refused == famfs::Errc::no_memory);
  CHECK(pins.count(2) == 0);
  CHECK(pins.total() == 1);
  CHECK_FALSE(resumed);
  pin.release();
  CHECK(resumed);
}
