#include "../control.h"
#include "../meta_files.h"
#include "../ops.h"
#include "ioctl_call.h"

namespace famfs::daemon::ops {
namespace {

// False: not one of these.
bool on_file(const IoctlCall& call, fuse_ino_t ino, const Handle& handle) {
  Mount& mount = mount_of(call.req);
  if (call.command == FAMFS_IOC_MAP && call.has<famfs_ioc_map>() && call.takes<famfs_ioc_map>()) {
    call.answer(control::map(mount, ino, call.get<famfs_ioc_map>(), call.root()));
  } else if (call.command == FAMFS_IOC_RESERVE && call.has<famfs_ioc_reserve>() &&
             !meta::is_meta(ino)) {
    call.answer(control::reserve(mount, handle, call.get<famfs_ioc_reserve>(), call.root()));
  } else if (call.command == FAMFS_IOC_COMMIT && !meta::is_meta(ino)) {
    call.answer(control::commit(mount, handle));
  } else if (call.command == FAMFS_IOC_CLONE && call.has<famfs_ioc_clone>() &&
             !meta::is_meta(ino)) {
    call.answer(control::clone(mount, handle, call.get<famfs_ioc_clone>(), call.root()));
  } else {
    return false;
  }
  return true;
}

bool on_directory(const IoctlCall& call, fuse_ino_t ino, std::uint64_t handle) {
  Mount& mount = mount_of(call.req);
  if (call.command == FAMFS_IOC_LOGPLAY && call.takes<famfs_ioc_logplay>()) {
    call.answer(control::logplay(mount));
  } else if (call.command == FAMFS_IOC_ANNOUNCE) {
    const fuse_ctx* caller = fuse_req_ctx(call.req);
    mount.announcements.add(handle, {.directory = ino, .thread = caller->pid, .user = caller->uid});
    call.answer(Result<void>());
  } else {
    return ioctl_on_mount(call);
  }
  return true;
}

} // namespace

void ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void* /*arg*/, fuse_file_info* fi,
           unsigned flags, const void* in, size_t in_size, size_t out_size) {
  if ((flags & (FUSE_IOCTL_COMPAT | FUSE_IOCTL_UNRESTRICTED)) != 0) {
    reply_errno(req, ENOTTY);
    return;
  }
  const IoctlCall call{
      .req = req, .command = command, .in = in, .in_size = in_size, .out_size = out_size};
  const bool known = (flags & FUSE_IOCTL_DIR) != 0 ? on_directory(call, ino, fi->fh)
                                                   : on_file(call, ino, *handle_of(fi));
  if (!known) {
    reply_errno(req, ENOTTY);
  }
}

} // namespace famfs::daemon::ops
