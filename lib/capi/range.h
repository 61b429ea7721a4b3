// A stretch of this process's address space, and rounding to a power of two within it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace famfs::capi {

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0; // one past the last byte

  [[nodiscard]] constexpr std::size_t size() const noexcept { return end - begin; }
  [[nodiscard]] constexpr bool empty() const noexcept { return begin >= end; }
  [[nodiscard]] constexpr bool overlaps(Range o) const noexcept {
    return begin < o.end && o.begin < end;
  }
  [[nodiscard]] constexpr bool contains(Range o) const noexcept {
    return begin <= o.begin && o.end <= end;
  }
  [[nodiscard]] constexpr Range within(Range o) const noexcept {
    return {std::max(begin, o.begin), std::min(end, o.end)};
  }
  // The smallest range of whole units that holds it; `unit` a power of two.
  [[nodiscard]] constexpr Range outer(std::size_t unit) const noexcept {
    return {begin & ~(unit - 1), (end + unit - 1) & ~(unit - 1)};
  }
  bool operator==(const Range&) const = default;
};

[[nodiscard]] inline void* pointer(std::uintptr_t address) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are numbers here
  return reinterpret_cast<void*>(address);
}
[[nodiscard]] inline std::uintptr_t number(const void* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address);
}

} // namespace famfs::capi
