#include "capi/kernel.h"
#include "capi/map_source.h"
#include "capi/open_device.h"
#include "capi/raw_syscall.h"

#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::capi {
namespace {

constexpr std::uint64_t kLargestAlignment = GiB; // devdax has 4 KiB, 2 MiB and 1 GiB

bool multiple(std::uint64_t value, std::uint64_t unit) noexcept {
  return value % unit == 0;
}

bool device_is_sane(const famfs_ioc_map& a) noexcept {
  const std::size_t length = strnlen(a.device_path, sizeof a.device_path);
  const bool path = length > 0 && length < sizeof a.device_path && length == a.path_length &&
                    a.device_path[0] == '/';
  const bool identity = (a.device_id != 0) != (a.device_ino != 0);
  const bool alignment = is_power_of_two(a.device_alignment) && a.device_alignment >= page_size() &&
                         a.device_alignment <= kLargestAlignment;
  return path && identity && alignment && a.device_size <= INT64_MAX;
}

bool extents_are_sane(const famfs_ioc_map& a) noexcept {
  if (a.count > FAMFS_CONTROL_EXTENTS) {
    return false;
  }
  for (std::uint32_t i = 0; i < a.count; ++i) {
    const famfs_ioc_extent& e = a.extents[i];
    const bool whole_pages = multiple(e.offset, page_size()) && multiple(e.length, page_size());
    if (e.device != 0 || e.length == 0 || !whole_pages || e.length > a.device_size ||
        e.offset > a.device_size - e.length) {
      return false;
    }
  }
  return true;
}

bool kind_is_sane(const famfs_ioc_map& a) noexcept {
  if (a.kind == FAMFS_MAP_SIMPLE) {
    return a.chunk == 0;
  }
  if (a.kind != FAMFS_MAP_INTERLEAVED || a.count == 0 || !is_power_of_two(a.chunk) ||
      a.chunk < page_size()) {
    return false;
  }
  for (std::uint32_t i = 0; i < a.count; ++i) {
    if (a.extents[i].length != a.extents[0].length || !multiple(a.extents[i].length, a.chunk)) {
      return false;
    }
  }
  return true;
}

void take_over(const famfs_ioc_map& a, DirectFile& file) noexcept {
  file = DirectFile{};
  file.map.kind =
      a.kind == FAMFS_MAP_INTERLEAVED ? format::MapKind::interleaved : format::MapKind::simple;
  file.map.chunk = a.chunk;
  for (std::uint32_t i = 0; i < a.count; ++i) {
    file.map.extents.push_back(
        {.device = 0, .offset = a.extents[i].offset, .length = a.extents[i].length});
  }
  file.size = a.size;
  file.pending = (a.flags & FAMFS_MAP_PENDING) != 0;
  file.read_only = (a.flags & FAMFS_MAP_READONLY) != 0;
  std::memcpy(file.device.path, a.device_path, sizeof file.device.path);
  file.device.size = a.device_size;
  file.device.alignment = a.device_alignment;
  file.device.id = a.device_id;
  file.device.raw = (a.flags & FAMFS_MAP_RAW) != 0;
  file.device.dev = a.device_dev;
  file.device.ino = a.device_ino;
}

// A regular file first: an unknown ioctl on some device's node might do something.
int ask(int fd, famfs_ioc_map& answer) noexcept {
  struct stat status{};
  if (::fstat(fd, &status) != 0) {
    return -errno;
  }
  if (!S_ISREG(status.st_mode)) {
    return -ENOTTY;
  }
  long result = 0;
  do {
    result = raw_syscall(SYS_ioctl, static_cast<long>(fd), FAMFS_IOC_MAP, &answer);
  } while (result == -EINTR);
  return static_cast<int>(result);
}

int query(int fd, std::uint32_t request, DirectFile& file) noexcept {
  famfs_ioc_map answer{};
  answer.version = FAMFS_CONTROL_VERSION;
  answer.request = request;
  const int error = ask(fd, answer);
  return error != 0 ? error : validate(answer, file);
}

} // namespace

int validate(const famfs_ioc_map& answer, DirectFile& file) noexcept {
  if (!device_is_sane(answer) || !extents_are_sane(answer) || !kind_is_sane(answer)) {
    return -EIO;
  }
  take_over(answer, file);
  return file.size > file.map.capacity() || file.size > INT64_MAX ? -EIO : 0;
}

const MapSource kDaemon{.query = query, .open_device = open_device};

} // namespace famfs::capi
