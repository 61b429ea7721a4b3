#include "format/mend.h"

#include <algorithm>

namespace famfs::format {
namespace {

bool crc_is_right(const LogHeader& header) {
  return decode_log_header(encode(header)).crc == header.crc;
}

} // namespace

std::optional<SuperblockBytes> restore_superblock(const SuperblockBytes& bytes,
                                                  std::uint64_t log_length) {
  constexpr std::ptrdiff_t under_crc = 104; // with the CRC itself
  const Superblock found = decode_superblock(bytes);
  for (const std::uint64_t length : {found.log_length, log_length}) {
    for (const std::uint64_t unit : {found.alloc_unit, kAllocUnit, kSmallAllocUnit}) {
      Superblock candidate = found;
      candidate.magic = kSuperblockMagic;
      candidate.version = kSuperblockVersion;
      candidate.log_offset = kLogOffset;
      candidate.log_length = length;
      candidate.alloc_unit = unit;
      candidate.omf_major = kOmfMajor;
      candidate.omf_minor = kOmfMinor;
      const SuperblockBytes whole = encode(candidate);
      // The other half of the field is zero by definition.
      if (decode_superblock(whole).crc == static_cast<std::uint32_t>(found.crc)) {
        SuperblockBytes restored = bytes;
        std::copy_n(whole.begin(), under_crc, restored.begin());
        return restored;
      }
    }
  }
  return std::nullopt;
}

std::optional<LogHeaderBytes> restore_log_header(const LogHeaderBytes& bytes,
                                                 const Geometry& geometry) {
  LogHeader header = decode_log_header(bytes);
  const LogHeader right = make_log_header(geometry.log_length);
  if (crc_is_right(header) && (header.magic != right.magic || header.length != right.length)) {
    return std::nullopt;
  }
  header.magic = right.magic;
  header.length = right.length;
  header.last_index = right.last_index;
  return encode(header);
}

std::uint64_t own_length(const LogHeaderBytes& bytes) {
  const LogHeader header = decode_log_header(bytes);
  const bool whole = header.magic == kLogMagic && crc_is_right(header) &&
                     is_power_of_two(header.length) && header.length >= kMinLogLength &&
                     header.last_index == log_capacity(header.length) - 1;
  return whole ? header.length : 0;
}

} // namespace famfs::format
