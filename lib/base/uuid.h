// A UUID: 16 bytes in RFC 4122 order, as on the media.
#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace famfs {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] static Result<Uuid> parse(std::string_view text); // 36 characters, any case
  [[nodiscard]] static Uuid random();                             // version 4, from getrandom(2)
  [[nodiscard]] std::string text() const;                         // 36 characters, lower case
  [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }
  bool operator==(const Uuid&) const = default;
};

} // namespace famfs
