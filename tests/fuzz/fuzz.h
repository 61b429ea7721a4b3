// What every target has: the entry that libFuzzer or replay_main.cpp calls, and how it objects.
#pragma once

#include "base/bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace famfs::fuzz {

// Aborts, which is what a fuzzer takes for a finding.
inline void must(bool holds, std::string_view what) {
  if (!holds) {
    std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
  }
}

// Messages go to terminals and logs that others read.
inline void must_be_one_line(std::string_view message) {
  must(!message.empty(), "an empty message");
  for (const char c : message) {
    must(static_cast<unsigned char>(c) >= ' ' && c != 0x7f, "a message with a control character");
  }
}

// Takes an input apart, from its begin; zeros when there is no more.
class Input {
public:
  explicit Input(Bytes bytes) : left_(bytes) {}

  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
  template <std::unsigned_integral T> T take() {
    T value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  void fill(MutableBytes to) { std::ranges::copy(bytes(to.size()), to.begin()); }
  // At most `most` of them.
  Bytes bytes(std::size_t most) {
    const Bytes taken = left_.first(most < left_.size() ? most : left_.size());
    left_ = left_.subspan(taken.size());
    return taken;
  }
  std::string_view text(std::size_t most) {
    const Bytes taken = bytes(most);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

private:
  Bytes left_;
};

} // namespace famfs::fuzz
