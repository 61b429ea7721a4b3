// The ioctls of base/control.h as functions. Thread-safe. `path` is for messages.
#pragma once

#include "base/control.h"
#include "base/document.h"
#include "base/error.h"
#include "format/file_map.h"

#include <string>

namespace famfs::tools {

// A file's map, copied out and checked to be one that can be printed and used.
struct FileView {
  std::uint64_t size = 0;
  bool pending = false;
  bool read_only = false;
  format::FileMap map;
  std::string device_path;
  std::uint64_t device_size = 0;
};

// not_famfs when `fd` is no file on a famfs mount.
[[nodiscard]] Result<FileView> file_view(int fd, const std::string& path);
[[nodiscard]] Result<void> reserve(int fd, const std::string& path, const famfs_ioc_reserve& ask);
[[nodiscard]] Result<void> commit(int fd, const std::string& path);
[[nodiscard]] Result<void> clone(int fd, const std::string& path, std::uint64_t source_ino);
[[nodiscard]] Result<famfs_ioc_logplay> log_play(int directory_fd, const std::string& path);
[[nodiscard]] Result<Document> status(int directory_fd, const std::string& path);
[[nodiscard]] Result<Document> metrics(int directory_fd, const std::string& path);

} // namespace famfs::tools
