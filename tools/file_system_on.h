// The superblock of a device, for whoever only wants to know what is there. No claim is made and
// nothing changes: who holds the device is not disturbed.
#pragma once

#include "base/document.h"
#include "base/error.h"
#include "format/superblock.h"

#include <string>

namespace famfs::tools {

// A valid one. not_famfs: there is none; corrupt: there is one, with a fault; io: its memory is
// bad. What is wrong with the device itself is media's to say.
[[nodiscard]] Result<format::Superblock> file_system_on(const std::string& path);

[[nodiscard]] Document superblock_document(const format::Superblock& superblock);

} // namespace famfs::tools
