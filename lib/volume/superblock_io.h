// The superblock as it lies on the device now.
#pragma once

#include "base/error.h"
#include "format/superblock.h"
#include "media/memory.h"

namespace famfs::volume {

[[nodiscard]] inline Result<format::SuperblockBytes> load_superblock(const media::Memory& memory) {
  format::SuperblockBytes bytes{};
  if (auto dropped = memory.invalidate(0, bytes.size()); !dropped) {
    return std::unexpected(dropped.error());
  }
  memory.fence();
  if (auto loaded = memory.load(0, bytes); !loaded) {
    return std::unexpected(loaded.error());
  }
  return bytes;
}

} // namespace famfs::volume
