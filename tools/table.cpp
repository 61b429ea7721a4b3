#include "table.h"

#include "base/text.h"

#include <algorithm>
#include <ostream>

namespace famfs::tools {

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out << line << '\n';
  }
}

void print_leaves(std::ostream& out, const Document& document, const std::string& prefix) {
  if (!document.is_structured()) {
    const std::string text =
        document.is_string() ? printable(document.get<std::string>()) : to_json(document);
    out << prefix << ": " << text.substr(0, text.find('\n')) << '\n';
    return;
  }
  for (const auto& [key, value] : document.items()) {
    std::string name = prefix;
    name += prefix.empty() ? "" : ".";
    name += key;
    print_leaves(out, value, name);
  }
}

} // namespace famfs::tools
