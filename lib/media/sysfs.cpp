#include "media/sysfs.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <unistd.h>

namespace famfs::media {

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real == nullptr ? std::nullopt : std::optional<std::string>(real.get());
}

std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string link_name(const std::string& link) {
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length <= 0 ? std::string()
                     : base_name(std::string(target.data(), static_cast<std::size_t>(length)));
}

std::optional<int> read_int(const std::string& file) {
  int value = 0;
  return std::ifstream(file) >> value ? std::optional(value) : std::nullopt;
}

} // namespace famfs::media
