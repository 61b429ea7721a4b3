#include "mount_table.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <vector>

namespace famfs::daemon {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// Space, tab, newline and backslash are written as \ooo.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

} // namespace

// "36 35 98:0 /root /mount/point options [optional fields…] - type source super-options"
std::optional<MountEntry> parse_mount_line(std::string_view line) {
  constexpr std::size_t before_optional = 6;
  std::istringstream in{std::string(line)};
  std::vector<std::string> fields;
  for (std::string field; in >> field && field != "-";) {
    fields.push_back(field);
  }
  MountEntry entry;
  if (fields.size() < before_optional || !(in >> entry.type >> entry.source)) {
    return std::nullopt;
  }
  entry.id = fields[0];
  entry.device = fields[2];
  entry.mount_point = unescaped(fields[4]);
  entry.source = unescaped(entry.source);
  return entry;
}

std::optional<MountEntry> find_mount(std::string_view process, std::string_view mount_point) {
  std::optional<MountEntry> found;
  std::ifstream in(fmt::format("/proc/{}/mountinfo", process));
  for (std::string line; std::getline(in, line);) {
    auto entry = parse_mount_line(line);
    if (entry && entry->mount_point == mount_point) {
      found = std::move(entry);
    }
  }
  return found;
}

} // namespace famfs::daemon
