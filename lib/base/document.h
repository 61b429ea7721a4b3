// A document: one value for JSON and YAML output and for YAML input. The door to yaml-cpp.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace famfs {

using Document = nlohmann::ordered_json;

// Pretty-printed with two spaces, a newline at the end; invalid UTF-8 is replaced, never thrown.
[[nodiscard]] std::string to_json(const Document& doc);

[[nodiscard]] std::string to_json_line(const Document& doc); // the same in one line

// Block style; strings that YAML would misread (numbers, true, ~, leading specials, newlines) are
// quoted. Strings with the prefix kYamlLiteral are written bare when a number follows, for octal
// modes and hex numbers (to_json drops the prefix there); else they are strings like any other.
[[nodiscard]] std::string to_yaml(const Document& doc);
inline constexpr char kYamlLiteral = '\x01';

// Where each key of a map stands, "source:line:column", by its JSON pointer ("/mount/timeout").
using Places = std::map<std::string, std::string, std::less<>>;

// One document. Scalars come back as strings, unconverted; maps and lists as such; nothing, or a
// bare ~, as null. A key that is there twice is an error. Errors are Errc::invalid and name line
// and column, counted in bytes from 1.
[[nodiscard]] Result<Document> parse_yaml(std::string_view text, std::string_view source_name,
                                          Places* places = nullptr);

} // namespace famfs
