// Paths as text. Nothing is resolved here: the kernel walks "..", "." and "//".
#pragma once

#include <string>

namespace famfs::tools {

[[nodiscard]] std::string parent_of(const std::string& path); // "." for a bare name
[[nodiscard]] std::string
name_of(const std::string& path); // without trailing slashes; of "/": empty
[[nodiscard]] std::string join(const std::string& directory, const std::string& name);

} // namespace famfs::tools
