#include "existing_file.h"

#include "base/text.h"
#include "fs_ioctl.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::tools {

Result<ExistingFile> ExistingFile::open(std::string path, bool writable, bool must_be_famfs) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, printable(path));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(S_ISDIR(status.st_mode) ? Errc::is_directory : Errc::not_regular,
                fmt::format("{}: not a regular file", printable(path)));
  }
  UniqueFd fd(::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK));
  if (!fd || fstat(fd.get(), &status) != 0) {
    return fail_errno(errno, printable(path));
  }
  if (must_be_famfs) {
    if (auto view = file_view(fd.get(), path); !view) {
      return std::unexpected(view.error());
    }
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return ExistingFile(std::move(path), writable, size, std::move(fd));
}

Target& ExistingFile::target() {
  if (!target_) {
    target_ = famfs_target(fd_.get(), size_, path_, writable_);
  }
  return *target_;
}

} // namespace famfs::tools
