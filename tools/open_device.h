// A device, claimed and mapped, for the tools that work on one without a mount.
#pragma once

#include "base/error.h"
#include "context.h"
#include "holder/registry.h"
#include "media/device.h"
#include "media/memory.h"

#include <memory>
#include <string>

namespace famfs::tools {

struct OpenedDevice {
  // The claim goes before the registry, the memory before the claim.
  std::unique_ptr<holder::Registry> registry;
  media::DeviceInfo info;
  media::BadRanges bad; // known to be
  holder::Claim claim;
  std::unique_ptr<media::Memory> memory;
};

// busy: names who holds it. A holder that is just going (it has no mount any more: umount(8)
// returns before the daemon is done) is waited for, for a moment.
[[nodiscard]] Result<OpenedDevice> open_device(const Context& context, const std::string& program,
                                               const std::string& path, media::Access access,
                                               holder::ClaimMode mode);

// By a path in a mount: that mount's device. Else `path` itself.
struct DeviceOfPath {
  std::string device;
  bool by_mount = false;
};
[[nodiscard]] Result<DeviceOfPath> device_of_path(const Context& context, const std::string& path);

} // namespace famfs::tools
