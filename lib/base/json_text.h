// JSON put together as text, for what must be told in want of memory too: the destructor of a
// Document allocates, and where it cannot the program ends. Here that is std::bad_alloc, as
// anywhere.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace famfs {

class JsonText {
public:
  using Member = std::pair<std::string_view, JsonText>;

  // Implicit, so that braces nest as a Document's do.
  JsonText(std::nullptr_t) : text_("null") {}
  template <std::integral Number> JsonText(Number value) : text_(std::to_string(value)) {}
  JsonText(bool value) : text_(value ? "true" : "false") {}
  JsonText(std::string_view value); // invalid UTF-8 is replaced
  JsonText(const char* value) : JsonText(std::string_view(value)) {}
  JsonText(const std::string& value) : JsonText(std::string_view(value)) {}
  JsonText(std::initializer_list<Member> object);
  [[nodiscard]] static JsonText object() { return {Plain{}, "{}"}; }
  [[nodiscard]] static JsonText array() { return {Plain{}, "[]"}; }

  JsonText& set(std::string_view key, const JsonText& value); // a new member, of an object
  JsonText& update(const JsonText& object);                   // of an object: new members
  JsonText& push_back(const JsonText& value);                 // of an array

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  struct Plain {};
  JsonText(Plain /*as it is*/, std::string text) : text_(std::move(text)) {}
  JsonText& append(std::string_view more, char end);

  std::string text_;
};

} // namespace famfs
