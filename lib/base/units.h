// Sizes: constants, arithmetic that does not wrap, parsing and printing. All values are bytes.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace famfs {

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t MiB = 1024 * KiB;
inline constexpr std::uint64_t GiB = 1024 * MiB;
inline constexpr std::uint64_t TiB = 1024 * GiB;

[[nodiscard]] constexpr bool is_power_of_two(std::uint64_t v) noexcept {
  return v != 0 && (v & (v - 1)) == 0;
}

[[nodiscard]] constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a,
                                                                 std::uint64_t b) noexcept {
  std::uint64_t r = 0;
  return __builtin_add_overflow(a, b, &r) ? std::nullopt : std::optional(r);
}

[[nodiscard]] constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a,
                                                                 std::uint64_t b) noexcept {
  std::uint64_t r = 0;
  return __builtin_mul_overflow(a, b, &r) ? std::nullopt : std::optional(r);
}

// `unit` not 0. round_up needs a value at most UINT64_MAX - unit: check hostile values first.
[[nodiscard]] constexpr std::uint64_t round_down(std::uint64_t v, std::uint64_t unit) noexcept {
  return v - v % unit;
}
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t v, std::uint64_t unit) noexcept {
  return round_down(v + unit - 1, unit);
}

// "4096", "8k", "8M", "1g", "1t", "1GiB": decimal digits and a binary suffix. A sign, other
// characters, an empty text or a value past 2^64 - 1 is Errc::usage; sizes never wrap.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

// "8 MiB", "1.5 GiB", "17 B": for people; at most one decimal.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

} // namespace famfs
