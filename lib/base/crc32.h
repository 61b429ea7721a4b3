// CRC-32 (ISO-HDLC, zlib's crc32(): polynomial 0xEDB88320 reflected), by ISA-L's carry-less
// multiply: a log replay is bound by it.
#pragma once

#include "base/bytes.h"

#include <cstdint>

namespace famfs {

[[nodiscard]] std::uint32_t crc32(Bytes bytes, std::uint32_t seed = 0) noexcept;

} // namespace famfs
