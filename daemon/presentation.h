// Presentations: what a mount shows of a device that is claimed and mapped. Each returns when the
// mount has ended; an error after Ground::ready was called is logged already.
#pragma once

#include "base/error.h"
#include "fuse.h"
#include "mount_base.h"

#include <string_view>

namespace famfs::daemon {

// The files of the volume on it. Errors: no volume, or one that cannot be opened.
[[nodiscard]] Result<void> present_files(const Ground& ground);
// The memory itself, as one file. Nothing on the device is looked at.
[[nodiscard]] Result<void> present_raw(const Ground& ground);

// What they share: mounts, serves, unmounts. `as`: for the log.
[[nodiscard]] Result<void> serve(MountBase& mount, const fuse_lowlevel_ops& operations,
                                 std::string_view as);

// While it lives, memory that fails is reported, and given up by what is presented.
class Watching {
public:
  Watching(const Ground& ground, Failures::Volume given_up_by);
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching();

private:
  MemoryWatch& watch_;
  Failures& failures_;
};

} // namespace famfs::daemon
