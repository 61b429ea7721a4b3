// The log header: 48 bytes at 2 MiB, as a value. Layout: docs/format.md.
#pragma once

#include "base/bytes.h"
#include "format/fault.h"
#include "format/superblock.h"

#include <array>
#include <cstdint>
#include <optional>

namespace famfs::format {

struct LogHeader {
  std::uint64_t magic = kLogMagic;
  std::uint64_t length = 0;
  std::uint64_t last_index = 0;  // inclusive
  std::uint64_t crc = 0;         // as read; encode() computes it
  std::uint64_t next_seqnum = 0; // outside the CRC, as is:
  std::uint64_t next_index = 0;  // entries at or past it were never committed
};

using LogHeaderBytes = std::array<std::byte, kLogHeaderSize>;

[[nodiscard]] LogHeader make_log_header(std::uint64_t log_length);
[[nodiscard]] LogHeaderBytes encode(const LogHeader& header);
[[nodiscard]] LogHeader decode_log_header(Bytes bytes);

// Against its own CRC and the superblock's geometry; bounds next_index, so that a loop may trust
// it. Does not complain of counters (counters_fault does).
[[nodiscard]] std::optional<Fault> validate(const LogHeader& header, Bytes bytes,
                                            const Geometry& geometry);

// next_seqnum and next_index are equal, or one apart in the middle of an append; else a fault.
[[nodiscard]] std::optional<Fault> counters_fault(const LogHeader& header);

} // namespace famfs::format
