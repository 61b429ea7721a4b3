// Bytes as tests/support/omf.py writes those that JSON cannot hold.
#pragma once

#include <cstddef>
#include <string>

namespace famfs::testing {

[[nodiscard]] inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

} // namespace famfs::testing
