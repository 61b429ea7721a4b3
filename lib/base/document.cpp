#include "base/document.h"

#include "base/text.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <optional>

namespace famfs {
namespace {

// Enough for any file of ours; it bounds what aliases to aliases can unfold to, and cycles.
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxDepth = 64;

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The number in a kYamlLiteral string. Only a number: a hostile name that begins with the prefix
// must not become YAML syntax.
std::optional<std::string_view> literal(std::string_view text) noexcept {
  if (!text.starts_with(kYamlLiteral)) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const bool hex = text.starts_with("0x");
  const std::string_view digits = text.substr(hex ? 2 : 0);
  const bool number = !digits.empty() && std::ranges::all_of(digits, [hex](char c) {
    return is_digit(c) || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
  });
  return number ? std::optional(text) : std::nullopt;
}

// Words that YAML 1.1 or 1.2 reads as something else than a string.
bool is_reserved_word(std::string_view text) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"true", "false", "yes", "no", "on", "off", "y", "n", "null"});
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::find(kWords, lower) != kWords.end();
}

// Narrow on purpose: what is not plainly a word or a path is quoted.
bool is_plain(std::string_view text) {
  if (text.empty() || text.back() == ' ' || is_reserved_word(text)) {
    return false;
  }
  const char first = text.front();
  return (is_letter(first) || first == '/' || first == '_') &&
         std::ranges::all_of(text, [](char c) {
           return is_letter(c) || is_digit(c) || std::string_view("_-./+ ").contains(c);
         });
}

void emit_string(YAML::Emitter& out, const std::string& text) {
  if (const auto number = literal(text)) {
    out << std::string(*number);
  } else if (is_plain(text)) {
    out << text;
  } else {
    out << YAML::DoubleQuoted << to_utf8(text);
  }
}

void emit(YAML::Emitter& out, const Document& doc) {
  if (doc.is_structured() && doc.empty()) {
    out << YAML::Flow; // block style puts the brackets on a line of their own
  }
  switch (doc.type()) {
  case Document::value_t::object:
    out << YAML::BeginMap;
    for (const auto& [key, value] : doc.items()) {
      out << YAML::Key;
      emit_string(out, key);
      out << YAML::Value;
      emit(out, value);
    }
    out << YAML::EndMap;
    break;
  case Document::value_t::array:
    out << YAML::BeginSeq;
    for (const Document& value : doc) {
      emit(out, value);
    }
    out << YAML::EndSeq;
    break;
  case Document::value_t::string:
    emit_string(out, doc.get_ref<const std::string&>());
    break;
  case Document::value_t::null:
    out << YAML::Null;
    break;
  default: // numbers and booleans: JSON's spelling is YAML's
    out << doc.dump();
  }
}

// JSON has no octal or hex numbers: there a literal is a string.
Document without_literals(const Document& doc) {
  if (doc.is_string()) {
    const auto number = literal(doc.get_ref<const std::string&>());
    return number ? Document(std::string(*number)) : doc;
  }
  Document copy = doc;
  if (doc.is_structured()) {
    for (auto& [key, value] : copy.items()) {
      value = without_literals(value);
    }
  }
  return copy;
}

std::string at(std::string_view source, const YAML::Mark& mark) {
  return mark.is_null()
             ? printable(source)
             : fmt::format("{}:{}:{}", printable(source), mark.line + 1, mark.column + 1);
}

class Reader {
public:
  explicit Reader(std::string_view source) : source_(source) {}

  Result<Document> read(const YAML::Node& node, std::size_t depth) {
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      return fail(Errc::invalid,
                  fmt::format("{}: too large or too deeply nested", at(source_, node.Mark())));
    }
    switch (node.Type()) {
    case YAML::NodeType::Map:
      return read_map(node, depth);
    case YAML::NodeType::Sequence:
      return read_sequence(node, depth);
    case YAML::NodeType::Scalar:
      return Document(node.Scalar());
    default:
      return Document(nullptr);
    }
  }

private:
  Result<Document> read_map(const YAML::Node& node, std::size_t depth) {
    Document map = Document::object();
    for (const auto& item : node) {
      if (!item.first.IsScalar()) {
        return fail(Errc::invalid,
                    fmt::format("{}: a key must be a word", at(source_, item.first.Mark())));
      }
      const std::string& key = item.first.Scalar();
      if (map.contains(key)) {
        return fail(Errc::invalid, fmt::format("{}: key \"{}\" is there twice: remove one",
                                               at(source_, item.first.Mark()), printable(key)));
      }
      auto value = read(item.second, depth + 1);
      if (!value) {
        return value;
      }
      map[key] = std::move(*value);
    }
    return map;
  }

  Result<Document> read_sequence(const YAML::Node& node, std::size_t depth) {
    Document list = Document::array();
    for (const auto& item : node) {
      auto value = read(item, depth + 1);
      if (!value) {
        return value;
      }
      list.push_back(std::move(*value));
    }
    return list;
  }

  std::string_view source_;
  std::size_t nodes_ = 0;
};

} // namespace

std::string to_json(const Document& doc) {
  return without_literals(doc).dump(2, ' ', false, Document::error_handler_t::replace) + '\n';
}

std::string to_json_line(const Document& doc) {
  return without_literals(doc).dump(-1, ' ', false, Document::error_handler_t::replace) + '\n';
}

std::string to_yaml(const Document& doc) {
  YAML::Emitter out;
  emit(out, doc);
  return std::string(out.c_str(), out.size()) + '\n';
}

Result<Document> parse_yaml(std::string_view text, std::string_view source_name) {
  try {
    return Reader(source_name).read(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& e) {
    return fail(Errc::invalid, fmt::format("{}: {}", at(source_name, e.mark), e.msg));
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, fmt::format("{}: out of memory", printable(source_name)));
  }
}

} // namespace famfs
