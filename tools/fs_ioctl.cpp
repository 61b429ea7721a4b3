#include "fs_ioctl.h"

#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <sys/ioctl.h>

namespace famfs::tools {
namespace {

// The kernel answers ENOTTY or EINVAL for a file that is not the daemon's; the daemon ENOTTY.
std::unexpected<Error> fail_ioctl(int err, const std::string& path) {
  if (err == ENOTTY) {
    return fail(Errc::not_famfs,
                fmt::format("{}: not on a famfs mount: famfs status lists them", printable(path)));
  }
  return fail_errno(err, printable(path),
                    err == EOPNOTSUPP ? "a raw mount: it shows the device and no files: mount it "
                                        "without -o raw"
                                      : "");
}

Result<Document> document(int directory_fd, const std::string& path, unsigned long command) {
  const auto answer = std::make_unique<famfs_ioc_status>();
  if (ioctl(directory_fd, command, answer.get()) != 0) {
    return fail_ioctl(errno, path);
  }
  const std::size_t length = std::min<std::size_t>(answer->length, sizeof answer->text);
  Document parsed = Document::parse(answer->text, answer->text + length, nullptr, false);
  if (parsed.is_discarded()) {
    return fail(Errc::corrupt,
                fmt::format("{}: the daemon's answer is not JSON: are it and this program "
                            "of the same version?",
                            printable(path)));
  }
  return parsed;
}

} // namespace

Result<FileView> file_view(int fd, const std::string& path) {
  famfs_ioc_map raw{};
  raw.version = FAMFS_CONTROL_VERSION;
  raw.request = FAMFS_MAP_LOOK;
  if (ioctl(fd, FAMFS_IOC_MAP, &raw) != 0) {
    return fail_ioctl(errno, path);
  }
  if (raw.count > FAMFS_CONTROL_EXTENTS || (raw.kind == FAMFS_MAP_INTERLEAVED && raw.chunk == 0)) {
    return fail(Errc::corrupt,
                fmt::format("{}: the daemon's answer has {} extents: are it and this "
                            "program of the same version?",
                            printable(path), raw.count));
  }
  FileView view{.size = raw.size,
                .pending = (raw.flags & FAMFS_MAP_PENDING) != 0,
                .read_only = (raw.flags & FAMFS_MAP_READONLY) != 0,
                .map = {},
                .device_path = {},
                .device_size = raw.device_size};
  view.device_path.assign(raw.device_path, strnlen(raw.device_path, sizeof raw.device_path));
  view.map.kind =
      raw.kind == FAMFS_MAP_INTERLEAVED ? format::MapKind::interleaved : format::MapKind::simple;
  view.map.chunk = raw.chunk;
  for (std::uint32_t i = 0; i < raw.count; ++i) {
    view.map.extents.push_back(
        {raw.extents[i].device, raw.extents[i].offset, raw.extents[i].length});
  }
  return view;
}

Result<void> reserve(int fd, const std::string& path, const famfs_ioc_reserve& ask) {
  famfs_ioc_reserve request = ask;
  request.version = FAMFS_CONTROL_VERSION;
  if (ioctl(fd, FAMFS_IOC_RESERVE, &request) != 0) {
    return fail_ioctl(errno, path);
  }
  return {};
}

Result<void> commit(int fd, const std::string& path) {
  if (ioctl(fd, FAMFS_IOC_COMMIT) != 0) {
    return fail_ioctl(errno, path);
  }
  return {};
}

Result<void> clone(int fd, const std::string& path, std::uint64_t source_ino) {
  famfs_ioc_clone request{};
  request.version = FAMFS_CONTROL_VERSION;
  request.source = source_ino;
  if (ioctl(fd, FAMFS_IOC_CLONE, &request) != 0) {
    return fail_ioctl(errno, path);
  }
  return {};
}

Result<famfs_ioc_logplay> log_play(int directory_fd, const std::string& path) {
  famfs_ioc_logplay answer{};
  if (ioctl(directory_fd, FAMFS_IOC_LOGPLAY, &answer) != 0) {
    return fail_ioctl(errno, path);
  }
  return answer;
}

Result<Document> status(int directory_fd, const std::string& path) {
  return document(directory_fd, path, FAMFS_IOC_STATUS);
}

Result<Document> metrics(int directory_fd, const std::string& path) {
  return document(directory_fd, path, FAMFS_IOC_METRICS);
}

} // namespace famfs::tools
