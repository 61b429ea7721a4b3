#include "base/uuid.h"

#include "base/text.h"

#include <cerrno>
#include <cstdlib>
#include <optional>

#include <sys/random.h>

namespace famfs {
namespace {

constexpr std::size_t kTextLength = 36;

constexpr bool hyphen_at(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<Uuid> parse_text(std::string_view text) noexcept {
  if (text.size() != kTextLength) {
    return std::nullopt;
  }
  Uuid uuid;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (hyphen_at(i)) {
      if (text[i] != '-') {
        return std::nullopt;
      }
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) {
      return std::nullopt;
    }
    auto& byte = uuid.bytes[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
  }
  return uuid;
}

} // namespace

Result<Uuid> Uuid::parse(std::string_view text) {
  if (const auto uuid = parse_text(text)) {
    return *uuid;
  }
  return fail(Errc::invalid, fmt::format("UUID \"{}\": malformed: it is 36 characters, as in "
                                         "01234567-89ab-cdef-0123-456789abcdef",
                                         printable(text.substr(0, 64))));
}

Uuid Uuid::random() {
  Uuid uuid;
  std::size_t filled = 0;
  while (filled < uuid.bytes.size()) {
    const ssize_t n = ::getrandom(uuid.bytes.data() + filled, uuid.bytes.size() - filled, 0);
    if (n < 0 && errno != EINTR) {
      std::abort(); // no kernel that runs this lacks it; a UUID that is not random would be worse
    }
    filled += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40); // version 4
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80); // RFC 4122's variant
  return uuid;
}

std::string Uuid::text() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(kTextLength);
  for (const std::uint8_t byte : bytes) {
    if (hyphen_at(text.size())) {
      text += '-';
    }
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0f];
  }
  return text;
}

} // namespace famfs
