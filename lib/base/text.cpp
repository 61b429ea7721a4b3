#include "base/text.h"

#include <cstdint>

namespace famfs {
namespace {

struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 0; // bytes; 0: the first byte begins no valid sequence
};

// The first code point of `bytes` (not empty), by the table of well-formed sequences: no overlong
// forms, no surrogates, nothing past U+10FFFF.
Decoded decode_first(std::string_view bytes) noexcept {
  const auto lead = static_cast<std::uint8_t>(bytes[0]);
  if (lead < 0x80) {
    return {lead, 1};
  }
  if (lead < 0xc2 || lead > 0xf4) {
    return {};
  }
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes.size() < length) {
    return {};
  }
  char32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(bytes[i]);
    if ((next & 0xc0) != 0x80) {
      return {};
    }
    code = code << 6 | (next & 0x3fU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return overlong || surrogate || code > 0x10ffff ? Decoded{} : Decoded{code, length};
}

// Besides the controls: what breaks a line or turns the direction of the text around it, so that a
// hostile name could forge what a terminal shows.
constexpr bool is_control(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

void append_escaped(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    switch (c) {
    case '\n':
      to += "\\n";
      break;
    case '\t':
      to += "\\t";
      break;
    case '"':
      to += "\\\"";
      break;
    case '\\':
      to += "\\\\";
      break;
    default:
      to += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
    }
  }
}

} // namespace

std::size_t utf8_length(std::string_view bytes) noexcept {
  std::size_t valid = 0;
  while (valid < bytes.size()) {
    const auto [code_point, length] = decode_first(bytes.substr(valid));
    if (length == 0) {
      break;
    }
    valid += length;
  }
  return valid;
}

bool is_utf8(std::string_view bytes) noexcept {
  return utf8_length(bytes) == bytes.size();
}

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [code_point, length] = decode_first(bytes);
    const auto part = bytes.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(code_point) || code_point == U'"' || code_point == U'\\') {
      append_escaped(text, part);
    } else {
      text += part;
    }
    bytes.remove_prefix(part.size());
  }
  return text;
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [code_point, length] = decode_first(bytes);
    if (length == 0) {
      text += "\xef\xbf\xbd";
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string yaml_quoted(std::string_view bytes) {
  // Those that are no text to other readers: a byte order mark, and the ends of each plane.
  const auto is_reserved = [](char32_t c) { return c == 0xfeff || (c & 0xfffe) == 0xfffe; };
  std::string text = "\"";
  while (!bytes.empty()) {
    const auto [code_point, length] = decode_first(bytes);
    const auto part = bytes.substr(0, length == 0 ? 1 : length);
    const auto number = static_cast<std::uint32_t>(code_point);
    if (length == 0) {
      text += "\xef\xbf\xbd";
    } else if (length == 1 && (is_control(code_point) || number == '"' || number == '\\')) {
      append_escaped(text, part);
    } else if (is_control(code_point) || is_reserved(code_point)) {
      text += number > 0xffff ? fmt::format("\\U{:08x}", number) : fmt::format("\\u{:04x}", number);
    } else {
      text += part;
    }
    bytes.remove_prefix(part.size());
  }
  return text + '"';
}

} // namespace famfs
