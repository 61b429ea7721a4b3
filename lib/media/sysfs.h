// Internal: the little of sysfs that libndctl and libdaxctl do not tell.
#pragma once

#include <optional>
#include <string>

namespace famfs::media {

[[nodiscard]] std::optional<std::string> real_path(const std::string& path);
[[nodiscard]] std::string base_name(const std::string& path);
[[nodiscard]] std::string parent_of(const std::string& path);
// The name a link points to, whether or not its target is there. Empty: no such link.
[[nodiscard]] std::string link_name(const std::string& link);
// nullopt: no such file, or no number in it.
[[nodiscard]] std::optional<int> read_int(const std::string& file);

} // namespace famfs::media
