#include "exposition.h"

#include <ostream>

namespace famfs::tools {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

} // namespace

void write_family(std::ostream& out, std::string_view name, std::string_view type,
                  std::string_view help) {
  out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n';
}

void write_sample(std::ostream& out, std::string_view name, const Labels& labels,
                  std::string_view value) {
  out << name;
  char before = '{';
  for (const auto& [label, text] : labels) {
    out << before << label << "=\"" << escaped(text) << '"';
    before = ',';
  }
  out << (labels.empty() ? "" : "}") << ' ' << value << '\n';
}

} // namespace famfs::tools
