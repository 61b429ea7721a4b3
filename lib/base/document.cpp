#include "base/document.h"

#include "base/text.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <optional>
#include <sstream>

namespace famfs {
namespace {

// Enough for any file of ours; it bounds what aliases to aliases can unfold to, and cycles.
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxDepth = 64;
// A key of more than 1,024 characters needs "? " before it; an escape has four for a byte, or less.
constexpr std::size_t kShortKey = 250;

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
    // As it is: YAML::DoubleQuoted puts U+FFFD for characters that Unicode leaves to programs.
    out.WriteIntegralType(yaml_quoted(text));
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
      if (key.size() > kShortKey) {
        out << YAML::LongKey;
      }
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

std::string at(std::string_view source, std::size_t line, std::size_t column) {
  return fmt::format("{}:{}:{}", printable(source), line + 1, column + 1);
}

std::string at(std::string_view source, const YAML::Mark& mark) {
  return mark.is_null() ? printable(source)
                        : at(source, static_cast<std::size_t>(mark.line),
                             static_cast<std::size_t>(mark.column));
}

// What YAML does not allow in a text, and yaml-cpp mends in silence or takes for the end.
Result<void> only_characters(std::string_view text, std::string_view source) {
  const auto control = std::ranges::find_if(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r';
  });
  const auto valid = std::min(utf8_length(text), static_cast<std::size_t>(control - text.begin()));
  if (valid == text.size()) {
    return {};
  }
  const std::string_view before = text.substr(0, valid);
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  return fail(Errc::invalid, fmt::format("{}: byte {}: neither UTF-8 nor a line's end: remove it",
                                         at(source, line, valid - (before.rfind('\n') + 1)),
                                         printable(text.substr(valid, 1))));
}

// What yaml-cpp makes of "\N" and "\_" are the bytes of another encoding.
Result<void> only_utf8(const YAML::Node& scalar, std::string_view source) {
  if (is_utf8(scalar.Scalar())) {
    return {};
  }
  return fail(Errc::invalid,
              fmt::format("{}: an escape that is not understood: give the character itself",
                          at(source, scalar.Mark())));
}

std::unexpected<Error> too_much(std::string_view source, const YAML::Mark& mark) {
  return fail(Errc::invalid,
              fmt::format("{}: too large or too deeply nested: make it smaller", at(source, mark)));
}

// What most often is no YAML, and yaml-cpp has other words for. Lines count from 0.
bool indented_by_tab(std::string_view text, int line) {
  for (; line > 0 && text.contains('\n'); --line) {
    text.remove_prefix(text.find('\n') + 1);
  }
  return text.substr(0, text.find_first_not_of(" \t")).contains('\t');
}

// Where the last document begins that a parser came to.
class Begin final : public YAML::EventHandler {
public:
  YAML::Mark mark;

  void OnDocumentStart(const YAML::Mark& begin) override { mark = begin; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}
};

// YAML::LoadAll never returns for some texts: it takes the comma of "," for one document after the
// other.
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Begin begin;
  const bool there = parser.HandleNextDocument(begin) && parser.HandleNextDocument(begin);
  return there ? std::optional(begin.mark) : std::nullopt;
}

class Reader {
public:
  Reader(std::string_view source, Places* places) : source_(source), places_(places) {}

  Result<Document> read(const YAML::Node& node, std::size_t depth) {
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      return too_much(source_, node.Mark());
    }
    switch (node.Type()) {
    case YAML::NodeType::Map:
      return read_map(node, depth);
    case YAML::NodeType::Sequence:
      return read_sequence(node, depth);
    case YAML::NodeType::Scalar:
      if (auto good = only_utf8(node, source_); !good) {
        return std::unexpected(std::move(good.error()));
      }
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
        return fail(Errc::invalid, fmt::format("{}: a key is a list or a map: give a word",
                                               at(source_, item.first.Mark())));
      }
      if (auto good = only_utf8(item.first, source_); !good) {
        return std::unexpected(std::move(good.error()));
      }
      const std::string& key = item.first.Scalar();
      if (map.contains(key)) {
        return fail(Errc::invalid, fmt::format("{}: key \"{}\" is there twice: remove one",
                                               at(source_, item.first.Mark()), printable(key)));
      }
      path_.push_back(key);
      if (places_ != nullptr) {
        places_->emplace(path_.to_string(), at(source_, item.first.Mark()));
      }
      auto value = read(item.second, depth + 1);
      if (!value) {
        return value;
      }
      path_.pop_back();
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
  Places* places_;
  Document::json_pointer path_;
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

Result<Document> parse_yaml(std::string_view text, std::string_view source_name, Places* places) {
  if (auto good = only_characters(text, source_name); !good) {
    return std::unexpected(std::move(good.error()));
  }
  try {
    const std::string copy(text);
    const auto first = YAML::Load(copy);
    if (const auto second = second_document(copy)) {
      return fail(Errc::invalid, fmt::format("{}: a second document begins: give one only",
                                             at(source_name, *second)));
    }
    return Reader(source_name, places).read(first, 0);
  } catch (const YAML::DeepRecursion& e) {
    return too_much(source_name, e.mark);
  } catch (const YAML::Exception& e) {
    return fail(Errc::invalid, fmt::format("{}: not YAML: {}", at(source_name, e.mark),
                                           indented_by_tab(text, e.mark.line)
                                               ? "a tab before the first word: use spaces"
                                               : printable(e.msg) + ": correct this line"));
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, fmt::format("{}: out of memory", printable(source_name)));
  }
}

} // namespace famfs
