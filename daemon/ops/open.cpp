#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"
#include "open_handle.h"

#include <fcntl.h>

namespace famfs::daemon::ops {

bool wants_to_write(const fuse_file_info& fi) noexcept {
  return (fi.flags & O_ACCMODE) != O_RDONLY;
}

Result<void> attach_handle(Mount& mount, tree::NodeId node, fuse_file_info& fi) {
  auto handle = std::make_unique<Handle>();
  handle->node = node;
  handle->writable = wants_to_write(fi);
  if (!meta::is_meta(node)) {
    auto pin = mount.volume.pin(node);
    if (!pin) {
      return std::unexpected(std::move(pin.error()));
    }
    handle->pin = std::move(*pin);
  }
  fi.direct_io = mount.access->open().direct_io ? 1 : 0;
  fi.fh = reinterpret_cast<std::uint64_t>(mount.open_files.add(std::move(handle)));
  return {};
}

void detach_handle(Mount& mount, const fuse_file_info& fi) {
  static_cast<void>(mount.open_files.remove(handle_of(&fi)));
}

namespace {

Result<void> check_open(Mount& mount, tree::NodeId node, const fuse_file_info& fi) {
  const auto attributes = mount.volume.attributes(node);
  if (!attributes) {
    return std::unexpected(attributes.error());
  }
  if (wants_to_write(fi) && attributes->all_hosts_read_only) {
    return fail(Errc::not_permitted,
                "open for writing: the file is read-only on all hosts: copy it");
  }
  if ((fi.flags & O_TRUNC) != 0) {
    const auto changed =
        mount.volume.change(node, {.mode = {}, .uid = {}, .gid = {}, .size = 0, .modified = {}});
    if (!changed) {
      return std::unexpected(changed.error());
    }
  }
  return {};
}

} // namespace

void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
  Mount& mount = mount_of(req);
  if (meta::is_meta(ino)) {
    // The kernel lets root past permission bits; and with nodefaultperm, everybody.
    if (wants_to_write(*fi) || (fi->flags & O_TRUNC) != 0 || fuse_req_ctx(req)->uid != 0) {
      reply_errno(req, EACCES);
      return;
    }
  } else if (const auto checked = check_open(mount, ino, *fi); !checked) {
    reply_error(req, checked.error());
    return;
  }
  if (wants_to_write(*fi)) {
    mount.drafts.reopen(ino);
  }
  if (const auto attached = attach_handle(mount, ino, *fi); !attached) {
    reply_error(req, attached.error());
    return;
  }
  if (fuse_reply_open(req, fi) != 0) {
    detach_handle(mount, *fi); // the caller was interrupted: no RELEASE will come
  }
}

} // namespace famfs::daemon::ops
