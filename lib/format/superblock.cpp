#include "format/superblock.h"

#include "base/crc32.h"
#include "base/text.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace famfs::format {
namespace {

constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kLogOffsetAt = 16;
constexpr std::size_t kLogLengthAt = 24;
constexpr std::size_t kAllocUnitAt = 32;
constexpr std::size_t kOmfMajorAt = 40;
constexpr std::size_t kOmfMinorAt = 44;
constexpr std::size_t kFileSystemAt = 48;
constexpr std::size_t kDeviceAt = 64;
constexpr std::size_t kSystemAt = 80;
constexpr std::size_t kCrcAt = 96; // over all before it
constexpr std::size_t kDeviceEntryAt = 120;
constexpr std::size_t kDevicePathAt = 136;
constexpr std::size_t kDevicePathField = 64;
static_assert(kDevicePathAt + kDevicePathField == kSuperblockSize);

void put(MutableBytes to, std::size_t at, const Uuid& uuid) {
  std::memcpy(to.data() + at, uuid.bytes.data(), uuid.bytes.size());
}

Uuid get_uuid(Bytes from, std::size_t at) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), from.data() + at, uuid.bytes.size());
  return uuid;
}

Fault fault(FaultKind kind, std::string what) {
  return {.kind = kind, .entry = std::nullopt, .offset = 0, .what = std::move(what)};
}

std::optional<Fault> check_identity(const Superblock& superblock, Bytes bytes) {
  if (superblock.magic != kSuperblockMagic) {
    return fault(FaultKind::superblock_magic,
                 fmt::format("magic is {:#x}, not {:#x}", superblock.magic, kSuperblockMagic));
  }
  if (superblock.version != kSuperblockVersion) {
    return fault(FaultKind::superblock_version,
                 fmt::format("version is {}, not {}", superblock.version, kSuperblockVersion));
  }
  const std::uint64_t crc = crc32(bytes.first(kCrcAt));
  if (load_le<std::uint64_t>(bytes, kCrcAt) != crc) {
    return fault(FaultKind::superblock_crc,
                 fmt::format("CRC is {:#x}, its bytes give {:#x}", superblock.crc, crc));
  }
  if (superblock.omf_major != kOmfMajor || superblock.omf_minor != kOmfMinor) {
    return fault(FaultKind::superblock_omf,
                 fmt::format("on-media format is {}.{}, not {}.{}", superblock.omf_major,
                             superblock.omf_minor, kOmfMajor, kOmfMinor));
  }
  return std::nullopt;
}

// Does a log of `length` bytes end within `size`? Without a sum that could wrap.
bool log_fits(std::uint64_t length, std::uint64_t size) noexcept {
  return size >= kLogOffset && length <= size - kLogOffset;
}

std::optional<Fault> check_log(const Superblock& superblock, std::uint64_t device_size) {
  if (superblock.log_offset != kLogOffset) {
    return fault(FaultKind::superblock_log,
                 fmt::format("log offset is {:#x}, not {:#x}", superblock.log_offset, kLogOffset));
  }
  const std::uint64_t length = superblock.log_length;
  if (!is_power_of_two(length) || length < kMinLogLength) {
    return fault(
        FaultKind::superblock_log,
        fmt::format("log length is {}, not a power of two of at least {}", length, kMinLogLength));
  }
  if (!log_fits(length, device_size)) {
    return fault(
        FaultKind::superblock_log,
        fmt::format("log length is {}, which passes the device's end at {}", length, device_size));
  }
  return std::nullopt;
}

std::optional<Fault> check_device_size(const Superblock& superblock, std::uint64_t device_size) {
  if (superblock.device_size > device_size) {
    return fault(FaultKind::superblock_device_size,
                 fmt::format("device size is {}, but the device has {} bytes",
                             superblock.device_size, device_size));
  }
  if (!log_fits(superblock.log_length, superblock.device_size)) {
    return fault(FaultKind::superblock_device_size,
                 fmt::format("device size is {}, too small for a log of {} bytes",
                             superblock.device_size, superblock.log_length));
  }
  return std::nullopt;
}

} // namespace

SuperblockBytes encode(const Superblock& superblock) {
  SuperblockBytes bytes{};
  store_le(bytes, kMagicAt, superblock.magic);
  store_le(bytes, kVersionAt, superblock.version);
  store_le(bytes, kLogOffsetAt, superblock.log_offset);
  store_le(bytes, kLogLengthAt, superblock.log_length);
  store_le(bytes, kAllocUnitAt, superblock.alloc_unit);
  store_le(bytes, kOmfMajorAt, superblock.omf_major);
  store_le(bytes, kOmfMinorAt, superblock.omf_minor);
  put(bytes, kFileSystemAt, superblock.file_system);
  put(bytes, kDeviceAt, superblock.device);
  put(bytes, kSystemAt, superblock.system);
  store_le<std::uint64_t>(bytes, kCrcAt, crc32(Bytes(bytes).first(kCrcAt)));
  store_le(bytes, kFlagsOffset, superblock.flags);
  store_le(bytes, kDeviceSizeOffset, superblock.device_size);
  put(bytes, kDeviceEntryAt, superblock.device_entry);
  const std::string_view path = superblock.device_path;
  std::ranges::copy(std::as_bytes(std::span(path.substr(0, kDevicePathField))),
                    bytes.begin() + kDevicePathAt);
  return bytes;
}

Superblock decode_superblock(Bytes bytes) {
  assert(bytes.size() == kSuperblockSize);
  Superblock superblock;
  superblock.magic = load_le<std::uint64_t>(bytes, kMagicAt);
  superblock.version = load_le<std::uint64_t>(bytes, kVersionAt);
  superblock.log_offset = load_le<std::uint64_t>(bytes, kLogOffsetAt);
  superblock.log_length = load_le<std::uint64_t>(bytes, kLogLengthAt);
  superblock.alloc_unit = load_le<std::uint64_t>(bytes, kAllocUnitAt);
  superblock.omf_major = load_le<std::uint32_t>(bytes, kOmfMajorAt);
  superblock.omf_minor = load_le<std::uint32_t>(bytes, kOmfMinorAt);
  superblock.file_system = get_uuid(bytes, kFileSystemAt);
  superblock.device = get_uuid(bytes, kDeviceAt);
  superblock.system = get_uuid(bytes, kSystemAt);
  superblock.crc = load_le<std::uint64_t>(bytes, kCrcAt);
  superblock.flags = load_le<std::uint32_t>(bytes, kFlagsOffset);
  superblock.device_size = load_le<std::uint64_t>(bytes, kDeviceSizeOffset);
  superblock.device_entry = get_uuid(bytes, kDeviceEntryAt);
  const auto* const path = reinterpret_cast<const char*>(bytes.data() + kDevicePathAt);
  superblock.device_path.assign(path, ::strnlen(path, kDevicePathField));
  return superblock;
}

std::optional<Fault> validate(const Superblock& superblock, Bytes bytes,
                              std::uint64_t device_size) {
  if (auto found = check_identity(superblock, bytes)) {
    return found;
  }
  if (auto found = check_log(superblock, device_size)) {
    return found;
  }
  if (superblock.alloc_unit != kAllocUnit && superblock.alloc_unit != kSmallAllocUnit) {
    return fault(FaultKind::superblock_alloc_unit,
                 fmt::format("allocation unit is {}, not {} or {}", superblock.alloc_unit,
                             kAllocUnit, kSmallAllocUnit));
  }
  return check_device_size(superblock, device_size);
}

std::optional<Fault> flags_fault(const Superblock& superblock) {
  if (superblock.flags == 0) {
    return std::nullopt;
  }
  return fault(FaultKind::superblock_flags,
               fmt::format("flags are {:#x}, not 0", superblock.flags));
}

Geometry geometry(const Superblock& superblock, std::uint64_t device_size) noexcept {
  return {.device_size = std::min(superblock.device_size, device_size),
          .log_length = superblock.log_length,
          .alloc_unit = superblock.alloc_unit};
}

} // namespace famfs::format
