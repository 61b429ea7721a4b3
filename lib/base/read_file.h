// A small file, whole.
#pragma once

#include "base/error.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace famfs {

// At most its first `most` bytes: ask for one more than is good to see that it is too long. A FIFO
// does not hang it. Errors are open(2)'s and read(2)'s, and name the file.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t most);

} // namespace famfs
