// Text for people and for machines, from names that may hold any byte. For formatting: fmt::format
// (famfs::format is the on-media format).
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace famfs {

// How many bytes of it are valid UTF-8, up to the first that are not.
[[nodiscard]] std::size_t utf8_length(std::string_view bytes) noexcept;
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

// For log lines and terminals: printable UTF-8 stays; control characters, invalid bytes, quotes and
// backslashes become \n, \t, \", \\ or \xNN. One line, always.
[[nodiscard]] std::string printable(std::string_view bytes);

// Valid UTF-8 from any bytes: what is invalid becomes U+FFFD. For JSON and YAML.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

// The same as a double-quoted scalar of YAML: what printable() would not show is escaped.
[[nodiscard]] std::string yaml_quoted(std::string_view bytes);

} // namespace famfs
