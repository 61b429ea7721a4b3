#include "../control.h"
#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <cstring>

namespace famfs::daemon::ops {
namespace {

struct Call {
  fuse_req_t req;
  const void* in;
  size_t in_size;
  size_t out_size;

  [[nodiscard]] bool root() const { return fuse_req_ctx(req)->uid == 0; }

  // The kernel copies as much as the command's number says, so other sizes are another command's.
  template <class T> [[nodiscard]] bool has() const { return in_size == sizeof(T); }
  template <class T> [[nodiscard]] bool takes() const { return out_size == sizeof(T); }
  template <class T> [[nodiscard]] T get() const {
    T value;
    std::memcpy(&value, in, sizeof value);
    return value;
  }

  void answer(const Result<void>& result) const {
    if (result) {
      fuse_reply_ioctl(req, 0, nullptr, 0);
    } else {
      reply_error(req, result.error());
    }
  }
  template <class T> void answer(const Result<T>& result) const {
    if (result) {
      fuse_reply_ioctl(req, 0, &*result, sizeof *result);
    } else {
      reply_error(req, result.error());
    }
  }
};

// False: not one of these.
bool on_file(const Call& call, unsigned command, fuse_ino_t ino, const Handle& handle) {
  Mount& mount = mount_of(call.req);
  if (command == FAMFS_IOC_MAP && call.has<famfs_ioc_map>() && call.takes<famfs_ioc_map>()) {
    call.answer(control::map(mount, ino, call.get<famfs_ioc_map>(), call.root()));
  } else if (command == FAMFS_IOC_RESERVE && call.has<famfs_ioc_reserve>() && !meta::is_meta(ino)) {
    call.answer(control::reserve(mount, handle, call.get<famfs_ioc_reserve>(), call.root()));
  } else if (command == FAMFS_IOC_COMMIT && !meta::is_meta(ino)) {
    call.answer(control::commit(mount, handle));
  } else if (command == FAMFS_IOC_CLONE && call.has<famfs_ioc_clone>() && !meta::is_meta(ino)) {
    call.answer(control::clone(mount, handle, call.get<famfs_ioc_clone>(), call.root()));
  } else {
    return false;
  }
  return true;
}

bool on_directory(const Call& call, unsigned command, fuse_ino_t ino, std::uint64_t handle) {
  Mount& mount = mount_of(call.req);
  if (command == FAMFS_IOC_LOGPLAY && call.takes<famfs_ioc_logplay>()) {
    call.answer(control::logplay(mount));
  } else if (command == FAMFS_IOC_STATUS && call.takes<famfs_ioc_status>()) {
    call.answer(control::status(mount));
  } else if (command == FAMFS_IOC_REPORT_FAILURE && call.has<famfs_ioc_failure>()) {
    call.answer(control::report_failure(mount, call.get<famfs_ioc_failure>(), call.root()));
  } else if (command == FAMFS_IOC_ANNOUNCE) {
    mount.announcements.add(handle, ino, fuse_req_ctx(call.req)->pid);
    call.answer(Result<void>());
  } else {
    return false;
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
  const Call call{.req = req, .in = in, .in_size = in_size, .out_size = out_size};
  const bool known = (flags & FUSE_IOCTL_DIR) != 0 ? on_directory(call, command, ino, fi->fh)
                                                   : on_file(call, command, ino, *handle_of(fi));
  if (!known) {
    reply_errno(req, ENOTTY);
  }
}

} // namespace famfs::daemon::ops
