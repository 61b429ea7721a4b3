// The superblock: 200 bytes at offset 0 of the device, as a value. Layout: docs/format.md.
#pragma once

#include "base/bytes.h"
#include "base/uuid.h"
#include "format/fault.h"
#include "format/layout.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace famfs::format {

struct Superblock {
  std::uint64_t magic = kSuperblockMagic;
  std::uint64_t version = kSuperblockVersion;
  std::uint64_t log_offset = kLogOffset;
  std::uint64_t log_length = kMinLogLength;
  std::uint64_t alloc_unit = kAllocUnit;
  std::uint32_t omf_major = kOmfMajor;
  std::uint32_t omf_minor = kOmfMinor;
  Uuid file_system;
  Uuid device;
  Uuid system;           // the owner host
  std::uint64_t crc = 0; // as read; encode() computes it
  std::uint32_t flags = 0;
  std::uint64_t device_size = 0; // not under the CRC
  Uuid device_entry;             // often stale bytes: kept, never used
  std::string device_path;       // at mkfs; at most 64 bytes, cut at the first NUL
};

using SuperblockBytes = std::array<std::byte, kSuperblockSize>;

[[nodiscard]] SuperblockBytes encode(const Superblock& superblock);

// Reads the fields, checks nothing. Exactly kSuperblockSize bytes, a private copy.
[[nodiscard]] Superblock decode_superblock(Bytes bytes);

// Everything that can be said of a superblock alone and of a device of `device_size` bytes. The
// first fault found; its order is magic, version, CRC, OMF, log, allocation unit, device size. Does
// not complain of flags (flags_fault does).
[[nodiscard]] std::optional<Fault> validate(const Superblock& superblock, Bytes bytes,
                                            std::uint64_t device_size);

// Flags that are not 0: no famfs sets any, and none goes by them.
[[nodiscard]] std::optional<Fault> flags_fault(const Superblock& superblock);

// What the rest of the checks need to know of a validated superblock.
struct Geometry {
  std::uint64_t device_size = 0; // usable bytes: the smaller of superblock's and device's
  std::uint64_t log_length = 0;
  std::uint64_t alloc_unit = 0;

  [[nodiscard]] std::uint64_t log_end() const noexcept { return kLogOffset + log_length; }
  // Where file data may begin: the first allocation unit past the log.
  [[nodiscard]] std::uint64_t data_begin() const noexcept {
    return round_up(log_end(), alloc_unit);
  }
  // Where it must end: the last whole allocation unit.
  [[nodiscard]] std::uint64_t data_end() const noexcept {
    return round_down(device_size, alloc_unit);
  }
};

[[nodiscard]] Geometry geometry(const Superblock& superblock, std::uint64_t device_size) noexcept;

} // namespace famfs::format
