#include "base/read_file.h"

#include "base/fd.h"
#include "base/text.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace famfs {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    return fail_errno(errno, fmt::format("open {}", printable(path.native())));
  }
  std::string text(most, '\0');
  std::size_t filled = 0;
  while (filled < most) {
    const ssize_t n = ::read(fd.get(), text.data() + filled, most - filled);
    if (n == 0) {
      break;
    }
    if (n < 0 && errno != EINTR) {
      return fail_errno(errno, fmt::format("read {}", printable(path.native())));
    }
    filled += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  text.resize(filled);
  return text;
}

} // namespace famfs
