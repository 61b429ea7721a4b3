#include "reply.h"

#include "base/diag.h"
#include "base/text.h"
#include "meta_files.h"

namespace famfs::daemon {
namespace {

// One request carries at most this much, so it is the best size for a program's buffer.
constexpr blksize_t kBlockSize = 1 << 20;
constexpr std::uint64_t kStatUnit = 512;
// What is committed never changes, and names and modes never go.

} // namespace

MountBase& mount_base_of(fuse_req_t req) {
  return *static_cast<MountBase*>(fuse_req_userdata(req));
}

Mount& mount_of(fuse_req_t req) {
  return static_cast<Mount&>(mount_base_of(req));
}

void reply_errno(fuse_req_t req, int error) {
  fuse_reply_err(req, error);
}

void reply_error(fuse_req_t req, const Error& error) {
  diag::debug("{}", error.message);
  // Programs get ENOSPC, as from a full device, which df shows; that it is the log is said here.
  MountBase& mount = mount_base_of(req);
  if (error.code == Errc::log_full && !mount.told_log_full.exchange(true)) {
    diag::error("{}: {}", printable(mount.line.mount_point), error.message);
  }
  fuse_reply_err(req, to_errno(error.code));
}

void reply_done(fuse_req_t req, const Result<void>& result) {
  if (result) {
    fuse_reply_err(req, 0);
  } else {
    reply_error(req, result.error());
  }
}

struct stat to_stat(const volume::Attributes& attributes) {
  struct stat out{};
  const bool directory = attributes.kind == volume::Kind::directory;
  out.st_ino = attributes.id;
  out.st_mode = (directory ? S_IFDIR : S_IFREG) | attributes.mode;
  out.st_nlink = attributes.links;
  out.st_uid = attributes.uid;
  out.st_gid = attributes.gid;
  out.st_size = static_cast<off_t>(attributes.size);
  out.st_blocks = static_cast<blkcnt_t>(attributes.allocated / kStatUnit);
  out.st_blksize = kBlockSize;
  out.st_atim = out.st_mtim = out.st_ctim = attributes.modified;
  return out;
}

double keep_for(const Mount& mount, const volume::Attributes& attributes) noexcept {
  if (attributes.pending) {
    return 0;
  }
  // Another host may add to a directory, and with a subdirectory its link count changes.
  if (attributes.kind == volume::Kind::directory && mount.volume.role() == volume::Role::client) {
    return 0;
  }
  return mount.line.options.config.mount.timeout;
}

fuse_entry_param to_entry(const Mount& mount, const volume::Attributes& attributes) {
  fuse_entry_param entry{};
  entry.ino = attributes.id; // the id holds a generation: no id ever means another node
  entry.attr = to_stat(attributes);
  entry.attr_timeout = entry.entry_timeout = keep_for(mount, attributes);
  return entry;
}

void reply_entry(fuse_req_t req, const Result<volume::Attributes>& attributes) {
  if (!attributes) {
    reply_error(req, attributes.error());
    return;
  }
  const fuse_entry_param entry = to_entry(mount_of(req), *attributes);
  fuse_reply_entry(req, &entry);
}

void reply_attributes(fuse_req_t req, const Result<volume::Attributes>& attributes) {
  if (!attributes) {
    reply_error(req, attributes.error());
    return;
  }
  const struct stat out = to_stat(*attributes);
  fuse_reply_attr(req, &out, keep_for(mount_of(req), *attributes));
}

volume::Attributes meta_attributes(const Mount& mount, std::uint64_t node) {
  volume::Attributes out{.id = node};
  if (const auto range = meta::range(node, mount.volume.geometry())) {
    out.kind = volume::Kind::file;
    out.mode = 0400; // as the device's own node: the log tells every name
    out.size = out.allocated = range->length;
  } else {
    out.kind = volume::Kind::directory;
    out.mode = 0755;
    out.links = 2;
  }
  return out;
}

} // namespace famfs::daemon
