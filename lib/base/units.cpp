#include "base/units.h"

#include "base/text.h"

#include <array>
#include <charconv>
#include <memory>
#include <system_error>

namespace famfs {
namespace {

constexpr std::string_view kSuffixes = "kmgt";

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// "", "k" and "kib" in any case; "kb" is not accepted, because half the world reads it as 1000.
std::optional<std::uint64_t> multiplier(std::string_view suffix) noexcept {
  if (suffix.empty()) {
    return 1;
  }
  const auto power = kSuffixes.find(lower(suffix[0]));
  const bool spelled_out = suffix.size() == 3 && lower(suffix[1]) == 'i' && lower(suffix[2]) == 'b';
  if (power == std::string_view::npos || (suffix.size() != 1 && !spelled_out)) {
    return std::nullopt;
  }
  return std::uint64_t{1} << (10 * (power + 1));
}

} // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const char* const end = std::to_address(text.end());
  std::uint64_t number = 0;
  const auto [rest, status] = std::from_chars(std::to_address(text.begin()), end, number);
  if (status == std::errc::invalid_argument) {
    return fail(
        Errc::usage,
        fmt::format(
            "size \"{}\": not a number: give digits and at most one of k, m, g, t, as in 8m",
            printable(text)));
  }
  const std::string_view suffix(rest, end);
  const auto unit = multiplier(suffix);
  if (!unit) {
    return fail(Errc::usage, fmt::format(R"(size "{}": unknown unit "{}": use k, m, g or t)",
                                         printable(text), printable(suffix)));
  }
  const auto bytes = checked_mul(number, *unit);
  if (status == std::errc::result_out_of_range || !bytes) {
    return fail(Errc::usage,
                fmt::format("size \"{}\": past 2^64 - 1: give a smaller one", printable(text)));
  }
  return *bytes;
}

std::string format_size(std::uint64_t bytes) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"});
  std::size_t power = 0;
  std::uint64_t whole = bytes;
  std::uint64_t rest = 0; // of the unit below, 0…1023
  while (whole >= 1024 && power + 1 < kNames.size()) {
    rest = whole % 1024;
    whole /= 1024;
    ++power;
  }
  std::uint64_t tenths = whole * 10 + (rest * 10 + 512) / 1024;
  if (tenths == 10240 && power + 1 < kNames.size()) { // rounded up to the next unit's 1
    tenths = 10;
    ++power;
  }
  return tenths % 10 == 0 ? fmt::format("{} {}", tenths / 10, kNames[power])
                          : fmt::format("{}.{} {}", tenths / 10, tenths % 10, kNames[power]);
}

} // namespace famfs
