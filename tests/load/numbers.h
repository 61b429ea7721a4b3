// Numbers from the environment.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace famfs::load {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 0) : otherwise;
}

} // namespace famfs::load
