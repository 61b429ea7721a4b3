// The claim on the device that a mount lives on.
#pragma once

#include "failures.h"
#include "holder/registry.h"
#include "media/device.h"
#include "options.h"

namespace famfs::daemon {

// Errc::busy says who holds it. After `umount` the daemon before us may still be committing what
// was pending: a holder whose mount is gone already is waited for.
[[nodiscard]] Result<holder::Claim> claim_device(holder::Registry& registry,
                                                 const media::Device& device,
                                                 const CommandLine& line, Failures& failures);

} // namespace famfs::daemon
