#include "base/json_text.h"

#include "base/document.h"
#include "catch.h"

#include <cstdint>
#include <limits>

namespace famfs {
namespace {

TEST_CASE("JSON as text is what a Document reads") {
  JsonText list = JsonText::array();
  list.push_back(1).push_back("two").push_back({{"three", 3}});
  JsonText text{{"number", std::numeric_limits<std::uint64_t>::max()},
                {"negative", -1},
                {"yes", true},
                {"none", nullptr},
                {"in", {{"list", list}, {"name", std::string("x")}}},
                {"no members", JsonText::object()},
                {"no items", JsonText::array()}};
  text.update(JsonText::object()).update({{"later", 7}, {"last", 8}}).set("the \"key\"\n", 9);
  CHECK(Document::parse(text.text()) ==
        Document{{"number", std::numeric_limits<std::uint64_t>::max()},
                 {"negative", -1},
                 {"yes", true},
                 {"none", nullptr},
                 {"in", {{"list", {1, "two", {{"three", 3}}}}, {"name", "x"}}},
                 {"no members", Document::object()},
                 {"no items", Document::array()},
                 {"later", 7},
                 {"last", 8},
                 {"the \"key\"\n", 9}});
}

TEST_CASE("JSON as text: what is in a string stays in it") {
  const std::string hostile = "\",\"x\":1}\\\n\x01\xff\xe2\x82\xac\0z";
  const Document read = Document::parse(JsonText{{"name", hostile}}.text());
  CHECK(read.size() == 1);
  CHECK(read["name"] == "\",\"x\":1}\\\n\x01\xef\xbf\xbd\xe2\x82\xac");
}

} // namespace
} // namespace famfs
