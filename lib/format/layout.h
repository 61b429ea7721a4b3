// The on-media format (OMF 2.2) in numbers. Source of the layout: docs/format.md; the golden images
// in tests/golden hold it against images written by the public famfs tools. Little endian; bytes.
#pragma once

#include "base/units.h"

#include <cstddef>
#include <cstdint>

namespace famfs::format {

inline constexpr std::uint64_t kSuperblockMagic = 0x87b282ff;
inline constexpr std::uint64_t kSuperblockVersion = 48;
inline constexpr std::uint32_t kOmfMajor = 2;
inline constexpr std::uint32_t kOmfMinor = 2;
inline constexpr std::uint64_t kSuperblockRegion = 2 * MiB; // what the superblock may use
inline constexpr std::size_t kSuperblockSize = 200;
inline constexpr std::size_t kFlagsOffset = 104;      // in the superblock; outside its CRC, as is
inline constexpr std::size_t kDeviceSizeOffset = 112; // this

inline constexpr std::uint64_t kLogOffset = kSuperblockRegion;
inline constexpr std::uint64_t kLogMagic = 0xbadcafef00d;
inline constexpr std::uint64_t kMinLogLength = 8 * MiB;
inline constexpr std::size_t kLogHeaderSize = 48;
inline constexpr std::size_t kNextSeqnumOffset = 32; // in the header; outside its CRC
inline constexpr std::size_t kNextIndexOffset = 40;  // the commit point
inline constexpr std::size_t kEntrySize = 544;

inline constexpr std::uint64_t kAllocUnit = 2 * MiB;      // what we write
inline constexpr std::uint64_t kSmallAllocUnit = 4 * KiB; // what readers also meet

inline constexpr std::size_t kPathField = 80; // with its NUL
inline constexpr std::size_t kMaxPath = kPathField - 1;
inline constexpr std::size_t kMaxExtents = 16;
inline constexpr std::uint32_t kModeBits = 0777; // permission bits only

// Entries that a log of this many bytes holds; `log_length` at least kLogHeaderSize.
[[nodiscard]] constexpr std::uint64_t log_capacity(std::uint64_t log_length) noexcept {
  return (log_length - kLogHeaderSize) / kEntrySize;
}
// Where entry `index` lies on the device.
[[nodiscard]] constexpr std::uint64_t entry_offset(std::uint64_t index) noexcept {
  return kLogOffset + kLogHeaderSize + index * kEntrySize;
}

} // namespace famfs::format
