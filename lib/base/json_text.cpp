#include "base/json_text.h"

#include "base/document.h"

namespace famfs {

JsonText::JsonText(std::string_view value)
    : text_(Document(value).dump(-1, ' ', false, Document::error_handler_t::replace)) {}

JsonText::JsonText(std::initializer_list<Member> object) : text_("{}") {
  for (const auto& [key, value] : object) {
    set(key, value);
  }
}

JsonText& JsonText::append(std::string_view more, char end) {
  constexpr std::size_t empty = 2;
  const bool first = text_.size() == empty;
  text_.pop_back();
  text_.append(first ? "" : ",").append(more);
  text_.push_back(end);
  return *this;
}

JsonText& JsonText::set(std::string_view key, const JsonText& value) {
  return append(JsonText(key).text_ + ":" + value.text_, '}');
}

JsonText& JsonText::update(const JsonText& object) {
  const std::string_view members =
      std::string_view(object.text_).substr(1, object.text_.size() - 2);
  return members.empty() ? *this : append(members, '}');
}

JsonText& JsonText::push_back(const JsonText& value) {
  return append(value.text_, ']');
}

} // namespace famfs
