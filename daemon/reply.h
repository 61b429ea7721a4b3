// From results to replies: errno, attributes, entries. Every operation replies exactly once.
#pragma once

#include "base/error.h"
#include "fuse.h"
#include "mount.h"

#include <sys/stat.h>

namespace famfs::daemon {

[[nodiscard]] MountBase& mount_base_of(fuse_req_t req);
[[nodiscard]] Mount& mount_of(fuse_req_t req); // of one that presents files
[[nodiscard]] inline Handle* handle_of(const fuse_file_info* fi) {
  return fi == nullptr ? nullptr
                       : reinterpret_cast<Handle*>(fi->fh); // NOLINT(performance-no-int-to-ptr)
}

// Errors are logged at debug level with what was asked; the caller of the system call has the
// errno.
void reply_error(fuse_req_t req, const Error& error);
void reply_errno(fuse_req_t req, int error);
void reply_done(fuse_req_t req, const Result<void>& result);

[[nodiscard]] struct stat to_stat(const volume::Attributes& attributes);
// How long the kernel may use them without asking.
[[nodiscard]] double keep_for(const Mount& mount, const volume::Attributes& attributes) noexcept;
[[nodiscard]] fuse_entry_param to_entry(const Mount& mount, const volume::Attributes& attributes);
void reply_entry(fuse_req_t req, const Result<volume::Attributes>& attributes);
void reply_attributes(fuse_req_t req, const Result<volume::Attributes>& attributes);

// Of .meta and what is in it.
[[nodiscard]] volume::Attributes meta_attributes(const Mount& mount, std::uint64_t node);

} // namespace famfs::daemon
