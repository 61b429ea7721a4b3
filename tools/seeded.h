// Seeded content: the bytes that `famfs creat --randomize --seed` writes and `famfs verify` expects
// (docs/format.md). A stream that can be entered anywhere, so that threads share the work.
#pragma once

#include "base/bytes.h"

#include <cstdint>

namespace famfs::tools {

class SeededContent {
public:
  explicit SeededContent(std::uint32_t seed) noexcept; // not 0
  // Goes to `offset`, a multiple of 4.
  void seek(std::uint64_t offset) noexcept;
  // The bytes from there on. Only the last call may ask for a length that is no multiple of 4.
  void fill(MutableBytes to) noexcept;

private:
  struct State {
    std::uint64_t a = 0, b = 0;
  };
  State start_;
  State now_;
};

} // namespace famfs::tools
