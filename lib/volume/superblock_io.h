// Superblock and log header as they lie on the device now.
#pragma once

#include "base/error.h"
#include "format/log_header.h"
#include "format/superblock.h"
#include "media/memory.h"

#include <cstdint>
#include <string_view>

namespace famfs::volume {

[[nodiscard]] Result<format::SuperblockBytes> load_superblock(const media::Memory& memory);

[[nodiscard]] Result<format::LogHeaderBytes> load_log_header(const media::Memory& memory);

// Validated whole; `memory` may be the beginning alone of a device of `device_size`. not_famfs: its
// magic is none of ours; corrupt: any other fault; io: the memory is bad.
[[nodiscard]] Result<format::Superblock> valid_superblock(const media::Memory& memory,
                                                          std::uint64_t device_size);

// Why there is no volume on `device`, for people: names it, and what to do.
[[nodiscard]] Error cannot_open(std::string_view device, const Error& error);

} // namespace famfs::volume
