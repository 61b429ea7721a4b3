#include "ioctl_call.h"

#include "../control.h"

namespace famfs::daemon::ops {

bool ioctl_on_mount(const IoctlCall& call) {
  MountBase& mount = mount_base_of(call.req);
  if (call.command == FAMFS_IOC_STATUS && call.takes<famfs_ioc_status>()) {
    call.answer(control::status(mount));
  } else if (call.command == FAMFS_IOC_METRICS && call.takes<famfs_ioc_status>()) {
    call.answer(control::metrics(mount));
  } else if (call.command == FAMFS_IOC_REPORT_FAILURE && call.has<famfs_ioc_failure>()) {
    call.answer(control::report_failure(mount, call.get<famfs_ioc_failure>(), call.root()));
  } else {
    return false;
  }
  return true;
}

} // namespace famfs::daemon::ops
