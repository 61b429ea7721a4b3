// The ioctls of base/control.h: what they mean here. Values in, values out; ops/ioctl.cpp does the
// talking. Nothing in a struct that came in is trusted.
#pragma once

#include "base/control.h"
#include "base/error.h"
#include "mount.h"

namespace famfs::daemon::control {

[[nodiscard]] Result<famfs_ioc_map> map(Mount& mount, tree::NodeId node, const famfs_ioc_map& in,
                                        bool root);
// Its parts, for other presentations. Before anything is done for a map: version, request, path.
[[nodiscard]] Result<void> check_map(const MountBase& mount, const famfs_ioc_map& in);
[[nodiscard]] famfs_ioc_map map_answer(MountBase& mount, const famfs_ioc_map& in,
                                       const volume::Volume::MapView& view);
[[nodiscard]] Result<void> reserve(Mount& mount, const Handle& handle, const famfs_ioc_reserve& in,
                                   bool root);
[[nodiscard]] Result<void> commit(Mount& mount, const Handle& handle);
[[nodiscard]] Result<void> clone(Mount& mount, const Handle& handle, const famfs_ioc_clone& in,
                                 bool root);
[[nodiscard]] Result<famfs_ioc_logplay> logplay(Mount& mount);
[[nodiscard]] Result<famfs_ioc_status> status(const MountBase& mount);
[[nodiscard]] Result<famfs_ioc_status> metrics(const MountBase& mount);
[[nodiscard]] Result<void> report_failure(MountBase& mount, const famfs_ioc_failure& in, bool root);

} // namespace famfs::daemon::control
