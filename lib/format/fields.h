// Where the fields of an entry lie, for the codec alone. Offsets from the entry's first byte.
#pragma once

#include <cstddef>
#include <cstdint>

namespace famfs::format::field {

inline constexpr std::uint32_t kTypeFile = 0;
inline constexpr std::uint32_t kTypeMkdir = 1;
inline constexpr std::uint32_t kTypeAddDevice = 3;

inline constexpr std::size_t kSeqnum = 0;
inline constexpr std::size_t kType = 8;
inline constexpr std::size_t kCrc = 536; // over all before it

inline constexpr std::size_t kFileSize = 16;
inline constexpr std::size_t kFileFlags = 24;
inline constexpr std::size_t kFileUid = 28;
inline constexpr std::size_t kFileGid = 32;
inline constexpr std::size_t kFileMode = 36;
inline constexpr std::size_t kFilePath = 40;
inline constexpr std::size_t kMapType = 120;
inline constexpr std::size_t kMapCount = 128;
inline constexpr std::size_t kExtents = 136;
inline constexpr std::size_t kStripCount = 136;
inline constexpr std::size_t kChunk = 144;
inline constexpr std::size_t kStrips = 152;

// An extent, and from its own first byte.
inline constexpr std::size_t kExtentSize = 24;
inline constexpr std::size_t kExtentDevice = 0;
inline constexpr std::size_t kExtentOffset = 8;
inline constexpr std::size_t kExtentLength = 16;

inline constexpr std::size_t kMkdirUid = 16;
inline constexpr std::size_t kMkdirGid = 20;
inline constexpr std::size_t kMkdirMode = 24;
inline constexpr std::size_t kMkdirPath = 28;

inline constexpr std::size_t kDeviceSize = 16;
inline constexpr std::size_t kDeviceUuid = 24;
inline constexpr std::size_t kDeviceIndex = 40;

} // namespace famfs::format::field
