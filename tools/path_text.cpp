#include "path_text.h"

namespace famfs::tools {
namespace {

std::string without_trailing_slashes(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  return last == std::string::npos ? path.substr(0, 1) : path.substr(0, last + 1);
}

} // namespace

std::string parent_of(const std::string& path) {
  const std::string bare = without_trailing_slashes(path);
  const auto slash = bare.rfind('/');
  if (slash == std::string::npos) {
    return bare.empty() ? "" : "."; // an empty path names nothing, and nothing holds it
  }
  return bare.substr(0, slash + 1);
}

std::string name_of(const std::string& path) {
  const std::string bare = without_trailing_slashes(path);
  const auto slash = bare.rfind('/');
  return slash == std::string::npos ? bare : bare.substr(slash + 1);
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + '/' + name;
}

} // namespace famfs::tools
