#include "base/document.h"

#include "catch.h"

#include <string>

using famfs::Document;
using famfs::parse_yaml;
using famfs::to_json;
using famfs::to_yaml;

namespace {

Document read(std::string_view text) {
  auto doc = parse_yaml(text, "test.yaml");
  INFO((doc ? "" : doc.error().message));
  REQUIRE(doc);
  return *doc;
}

std::string error_of(std::string_view text) {
  const auto doc = parse_yaml(text, "test.yaml");
  REQUIRE(!doc);
  CHECK(doc.error().code == famfs::Errc::invalid);
  CHECK(doc.error().message.find('\n') == std::string::npos);
  return doc.error().message;
}

} // namespace

TEST_CASE("YAML: any string comes back as it was") {
  for (const std::string text :
       {"word",   "a/b-c_d.e",  "two words",  "true",       "False",      "YES",    "no",
        "on",     "y",          "N",          "null",       "~",          "",       "0755",
        "0x1f",   "1",          "-1",         "1.5",        "1e3",        ".inf",   ".nan",
        "12:30",  "2001-01-01", "- x",        "-",          "key: value", "a: b",   "a #c",
        "#c",     "*a",         "&a",         "!t",         "%d",         "@x",     "`x",
        "{a}",    "[b]",        ",",          "?",          "|",          ">",      "=",
        "<<",     "---",        "...",        "'",          "\"",         "\\",     "\\n",
        " lead",  "trail ",     "new\nline",  "\n",         "tab\t",      "cr\r",   "bell\a",
        "\x7f",   "grüße",      "\U0001f600", "\u2028",     "\x01",       "\ufdd0", "\ufdef",
        "\ufffe", "\uffff",     "\ufeff",     "\U0001fffe", "\U0010ffff", "\u009b", "\u202e",
        "\ufffd"}) {
    CAPTURE(text);
    const std::string yaml = to_yaml({{"value", text}, {"after", "x"}});
    CAPTURE(yaml);
    const Document back = read(yaml);
    REQUIRE(back["value"] == text);
    REQUIRE(back["after"] == "x");
    REQUIRE(read(to_yaml({{text, "as a key"}}))[text] == "as a key");
  }
}

// YAML takes "key: " on one line of 1,024 characters at most.
TEST_CASE("YAML: keys of any length come back") {
  for (const std::size_t length : {249, 250, 251, 255, 256, 257, 1022, 1024, 1025, 5000}) {
    for (const char c : {'a', '\x01', '"'}) {
      CAPTURE(length, c);
      const std::string key(length, c);
      const Document in{{"one", {{key, {{"two", 2}}}, {"three", key}}}, {key, "four"}};
      const Document back = read(to_yaml(in));
      REQUIRE(back["one"][key]["two"] == "2");
      REQUIRE(back["one"]["three"] == key);
      REQUIRE(back[key] == "four");
    }
  }
}

TEST_CASE("YAML: words are plain, and what would be misread is quoted") {
  CHECK(to_yaml({{"path", "a/b"}}) == "path: a/b\n");
  CHECK(to_yaml({{"path", "true"}}) == "path: \"true\"\n");
  CHECK(to_yaml({{"path", "0755"}}) == "path: \"0755\"\n");
  CHECK(to_yaml({{"path", "~"}}) == "path: \"~\"\n");
  CHECK(to_yaml({{"path", "a\nb"}}) == "path: \"a\\nb\"\n");
}

TEST_CASE("YAML: what would not show in a terminal, or turn what does, is escaped") {
  CHECK(to_yaml({{"path", "\x1b[2J\u009b\u202e\u2066\U0001ffff\x7f\"\\"}}) ==
        R"(path: "\x1b[2J\u009b\u202e\u2066\U0001ffff\x7f\"\\")"
        "\n");
}

TEST_CASE("YAML: bytes that are not UTF-8 are replaced") {
  CHECK(to_yaml({{"path", "a\xff"}}) == "path: \"a\xef\xbf\xbd\"\n");
}

TEST_CASE("YAML: literals are bare, and only numbers are") {
  using famfs::kYamlLiteral;
  CHECK(to_yaml({{"mode", std::string{kYamlLiteral} + "0644"}}) == "mode: 0644\n");
  CHECK(to_yaml({{"offset", std::string{kYamlLiteral} + "0x200000"}}) == "offset: 0x200000\n");
  CHECK(to_json({{"mode", std::string{kYamlLiteral} + "0644"}}) == "{\n  \"mode\": \"0644\"\n}\n");
  const std::string hostile = std::string{kYamlLiteral} + "x\nroot: true";
  const Document back = read(to_yaml({{"path", hostile}}));
  CHECK(back.size() == 1);
  CHECK(back["path"] == hostile);
}

TEST_CASE("YAML: numbers, booleans, null, lists and maps") {
  const Document doc = {{"count", 18446744073709551615ULL},
                        {"i", -5},
                        {"b", true},
                        {"z", nullptr},
                        {"l", {1, 2}},
                        {"e", Document::array()},
                        {"m", {{"k", "v"}}},
                        {"o", Document::object()}};
  CHECK(to_yaml(doc) ==
        "count: 18446744073709551615\ni: -5\nb: true\nz: ~\nl:\n  - 1\n  - 2\ne: []\nm:\n"
        "  k: v\no: {}\n");
  const Document back = read(to_yaml(doc));
  CHECK(back["count"] == "18446744073709551615");
  CHECK(back["b"] == "true");
  CHECK(back["z"].is_null());
  CHECK(back["l"] == Document({"1", "2"}));
  CHECK(back["e"].is_array());
  CHECK(back["m"]["k"] == "v");
}

TEST_CASE("YAML: scalars are not converted") {
  CHECK(read("mode: 0755")["mode"] == "0755");
  CHECK(read("a: yes")["a"] == "yes");
  CHECK(read("").is_null());
  CHECK(read("x:")["x"].is_null());
}

TEST_CASE("YAML: errors name the source, line and column") {
  CHECK(error_of("a: b\nc: [1").starts_with("test.yaml:2:"));
  CHECK(error_of("a: 1\na: 2") == "test.yaml:2:1: key \"a\" is there twice: remove one");
  CHECK(error_of("[a]: 1").starts_with("test.yaml:1:1: "));
}

TEST_CASE("YAML: neither cycles nor aliases to aliases nor nesting blow up") {
  error_of("&a [*a]");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string item = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + item;
    for (int j = 0; j < 8; ++j) {
      bomb += ", " + item;
    }
    bomb += "]\n";
  }
  error_of(bomb);
  error_of(std::string(100'000, '['));
  error_of(std::string(100, '[') + std::string(100, ']'));
}

// YAML::LoadAll takes the same token for a document again and again.
TEST_CASE("YAML: what the parser makes no progress with is an error, not a loop") {
  CHECK(error_of(",\x7f").find("a second document begins") != std::string::npos);
}

TEST_CASE("YAML: a second document is an error, an empty first one or not") {
  CHECK(error_of("a: 1\n---\nb: 2\n") == "test.yaml:2:1: a second document begins: give one only");
  CHECK(error_of("~\n---\nb: 2\n").starts_with("test.yaml:2:1: a second document"));
  CHECK(read("---\na: 1\n...\n")["a"] == "1");
}

// yaml-cpp has Latin-1 for them.
TEST_CASE("YAML: escapes that give no UTF-8 are refused") {
  CHECK(error_of("a: \"\\N\"").starts_with("test.yaml:1:4: an escape"));
  CHECK(error_of("\"\\_\": a").starts_with("test.yaml:1:1: an escape"));
  CHECK(read("a: \"\\x41\\u00e9\"")["a"] == "A\xc3\xa9");
}

TEST_CASE("JSON: two spaces, a newline at the end, and no exception for bad UTF-8") {
  CHECK(to_json({{"a", {1, "x"}}}) == "{\n  \"a\": [\n    1,\n    \"x\"\n  ]\n}\n");
  CHECK(to_json({{"a", "\xff"}}) == "{\n  \"a\": \"\xef\xbf\xbd\"\n}\n");
}
