// How much is free in each of N equal parts of the device: what an interleaved file's strips need.
#pragma once

#include "base/error.h"
#include "media/memory.h"

#include <cstdint>
#include <vector>

namespace famfs::tools {

// Of a file system whose superblock and log header are good; `buckets` not 0. Bytes.
[[nodiscard]] Result<std::vector<std::uint64_t>> free_per_bucket(const media::Memory& memory,
                                                                 std::uint32_t buckets);

} // namespace famfs::tools
