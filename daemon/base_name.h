#pragma once

#include <string>
#include <string_view>

namespace famfs::daemon {

[[nodiscard]] inline std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

} // namespace famfs::daemon
