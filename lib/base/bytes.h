// Byte spans and little-endian access to them. Lengths in bytes. No allocation, no I/O.
// Offsets are the caller's to check: out of range is a bug and asserts.
#pragma once

#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace famfs {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

template <std::unsigned_integral T>
[[nodiscard]] T load_le(Bytes from, std::size_t offset) noexcept {
  assert(offset <= from.size() && sizeof(T) <= from.size() - offset);
  T value;
  std::memcpy(&value, from.data() + offset, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    value = std::byteswap(value);
  }
  return value;
}

template <std::unsigned_integral T>
void store_le(MutableBytes to, std::size_t offset, T value) noexcept {
  assert(offset <= to.size() && sizeof(T) <= to.size() - offset);
  if constexpr (std::endian::native == std::endian::big) {
    value = std::byteswap(value);
  }
  std::memcpy(to.data() + offset, &value, sizeof value);
}

} // namespace famfs
