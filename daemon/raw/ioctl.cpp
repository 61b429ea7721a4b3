#include "../control.h"
#include "../ops/ioctl_call.h"
#include "mount.h"
#include "ops.h"

namespace famfs::daemon::raw::ops {
namespace {

volume::Volume::MapView whole(const RawMount& mount) {
  volume::Volume::MapView view;
  view.size = mount.size();
  view.map.extents.push_back({.device = 0, .offset = 0, .length = mount.size()});
  return view;
}

Result<famfs_ioc_map> map(RawMount& mount, const famfs_ioc_map& in) {
  if (auto checked = control::check_map(mount, in); !checked) {
    return std::unexpected(checked.error());
  }
  famfs_ioc_map out = control::map_answer(mount, in, whole(mount));
  out.flags |= unsigned{FAMFS_MAP_RAW} | (mount.read_only ? unsigned{FAMFS_MAP_READONLY} : 0U);
  return out;
}

} // namespace

void ioctl(fuse_req_t req, fuse_ino_t /*ino*/, unsigned command, void* /*arg*/,
           fuse_file_info* /*fi*/, unsigned flags, const void* in, size_t in_size,
           size_t out_size) {
  using daemon::ops::IoctlCall;
  const IoctlCall call{
      .req = req, .command = command, .in = in, .in_size = in_size, .out_size = out_size};
  const bool directory = (flags & FUSE_IOCTL_DIR) != 0;
  const bool plain = (flags & (FUSE_IOCTL_COMPAT | FUSE_IOCTL_UNRESTRICTED)) == 0;
  const bool of_files = command == FAMFS_IOC_LOGPLAY || command == FAMFS_IOC_RESERVE ||
                        command == FAMFS_IOC_COMMIT || command == FAMFS_IOC_ANNOUNCE ||
                        command == FAMFS_IOC_CLONE;
  if (plain && !directory && command == FAMFS_IOC_MAP && call.has<famfs_ioc_map>() &&
      call.takes<famfs_ioc_map>()) {
    call.answer(map(mount_of(req), call.get<famfs_ioc_map>()));
  } else if (plain && of_files) {
    reply_errno(req, EOPNOTSUPP); // ours, but not of a raw mount
  } else if (!plain || !directory || !daemon::ops::ioctl_on_mount(call)) {
    reply_errno(req, ENOTTY);
  }
}

} // namespace famfs::daemon::raw::ops
