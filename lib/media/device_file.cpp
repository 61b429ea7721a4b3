// Regular files that stand in for a device.
#include "base/text.h"
#include "media/device.h"
#include "media/kinds.h"

#include <cerrno>
#include <limits>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace famfs::media {

Result<DeviceInfo> inspect_file(const std::string& path, const struct stat& status) {
  if (status.st_size <= 0) {
    return fail(Errc::no_device,
                fmt::format("{}: has size 0: give it one: truncate -s 1G {}, or mkfs.famfs --size",
                            printable(path), printable(path)));
  }
  struct statfs file_system{};
  if (::statfs(path.c_str(), &file_system) != 0) {
    return fail_errno(errno, printable(path));
  }
  // hugetlbfs maps whole huge pages only; its block size is theirs.
  const bool huge = static_cast<unsigned long>(file_system.f_type) == HUGETLBFS_MAGIC;
  const long alignment = huge ? static_cast<long>(file_system.f_bsize) : ::sysconf(_SC_PAGESIZE);
  DeviceInfo info;
  info.path = path;
  info.id = {.kind = DeviceKind::regular, .dev = status.st_dev, .ino = status.st_ino};
  info.kind = DeviceKind::regular;
  info.mode = DriverMode::file;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.alignment = static_cast<std::uint64_t>(alignment);
  return info;
}

Result<void> make_stand_in(const std::string& path, std::uint64_t size) {
  return no_throw([&]() -> Result<void> {
    if (size == 0) {
      return fail(Errc::invalid,
                  fmt::format("{}: cannot be made with size 0: give another", printable(path)));
    }
    if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
      return fail(Errc::too_big, fmt::format("{}: {} bytes is more than a file can have: give less",
                                             printable(path), size));
    }
    constexpr mode_t kOwnerOnly = 0600;
    const UniqueFd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kOwnerOnly));
    if (!fd) {
      return fail_errno(errno, printable(path),
                        errno == EEXIST ? "leave the size out to use it as it is" : "");
    }
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
      const int err = errno;
      ::unlink(path.c_str());
      return fail_errno(err,
                        fmt::format("{}: cannot be made {} bytes long", printable(path), size));
    }
    return {};
  });
}

} // namespace famfs::media
