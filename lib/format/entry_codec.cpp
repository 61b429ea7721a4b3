// Bytes to values and back. The good path of decode_entry() allocates nothing: replay is bound by
// it.
#include "format/entry.h"

#include "base/crc32.h"
#include "base/text.h"
#include "format/fields.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace famfs::format {
namespace {

Fault fault(FaultKind kind, std::uint64_t index, std::string what) {
  return {.kind = kind, .entry = index, .offset = entry_offset(index), .what = std::move(what)};
}

void put_path(MutableBytes to, std::size_t at, const RelPath& path) {
  std::ranges::copy(std::as_bytes(std::span(path.view())),
                    to.begin() + static_cast<std::ptrdiff_t>(at));
}

void put_extents(MutableBytes to, std::size_t at, const Extents& extents) {
  for (const Extent& extent : extents) {
    store_le(to, at + field::kExtentDevice, extent.device);
    store_le(to, at + field::kExtentOffset, extent.offset);
    store_le(to, at + field::kExtentLength, extent.length);
    at += field::kExtentSize;
  }
}

void put_map(MutableBytes to, const FileMap& map) {
  store_le(to, field::kMapType, static_cast<std::uint32_t>(map.kind));
  if (map.kind == MapKind::simple) {
    store_le(to, field::kMapCount, static_cast<std::uint32_t>(map.extents.size()));
    put_extents(to, field::kExtents, map.extents);
    return;
  }
  store_le(to, field::kMapCount, std::uint32_t{1});
  store_le(to, field::kStripCount, std::uint64_t{map.extents.size()});
  store_le(to, field::kChunk, map.chunk);
  put_extents(to, field::kStrips, map.extents);
}

struct PutBody {
  MutableBytes to;

  void operator()(const FileEntry& file) const {
    store_le(to, field::kType, field::kTypeFile);
    store_le(to, field::kFileSize, file.size);
    store_le(to, field::kFileFlags, file.flags);
    store_le(to, field::kFileUid, file.uid);
    store_le(to, field::kFileGid, file.gid);
    store_le(to, field::kFileMode, file.mode);
    put_path(to, field::kFilePath, file.path);
    put_map(to, file.map);
  }
  void operator()(const MkdirEntry& directory) const {
    store_le(to, field::kType, field::kTypeMkdir);
    store_le(to, field::kMkdirUid, directory.uid);
    store_le(to, field::kMkdirGid, directory.gid);
    store_le(to, field::kMkdirMode, directory.mode);
    put_path(to, field::kMkdirPath, directory.path);
  }
  void operator()(const AddDeviceEntry& device) const {
    store_le(to, field::kType, field::kTypeAddDevice);
    store_le(to, field::kDeviceSize, device.size);
    std::memcpy(to.data() + field::kDeviceUuid, device.device.bytes.data(), sizeof device.device);
    store_le(to, field::kDeviceIndex, device.index);
  }
  void operator()(const OtherEntry& other) const { store_le(to, field::kType, other.type); }
};

// Each get_… fills what it is given, so that an entry is written once, in its place, and returns
// what the bytes say that no value can hold.
using Refusal = std::optional<Fault>;

Refusal get_path(Bytes from, std::size_t at, std::uint64_t index, RelPath& path) {
  const auto* const text = reinterpret_cast<const char*>(from.data() + at);
  const std::size_t length = ::strnlen(text, kPathField);
  if (length == kPathField) {
    return fault(FaultKind::path_not_terminated, index,
                 fmt::format("path \"{}\" has no NUL within its {} bytes",
                             printable({text, length}), kPathField));
  }
  // In its place: a copy of it would wait for the stores of its bytes.
  std::construct_at(&path, std::string_view(text, length));
  return std::nullopt;
}

void get_extents(Bytes from, std::size_t at, std::size_t count, Extents& extents) {
  for (std::size_t i = 0; i < count; ++i, at += field::kExtentSize) {
    extents.push_back({.device = load_le<std::uint64_t>(from, at + field::kExtentDevice),
                       .offset = load_le<std::uint64_t>(from, at + field::kExtentOffset),
                       .length = load_le<std::uint64_t>(from, at + field::kExtentLength)});
  }
}

Refusal get_interleaved(Bytes from, std::uint64_t index, FileMap& map) {
  const auto count = load_le<std::uint32_t>(from, field::kMapCount);
  if (count != 1) {
    return fault(FaultKind::extent_count, index,
                 fmt::format("interleaved map has {} sets of strips, not 1", count));
  }
  const auto strips = load_le<std::uint64_t>(from, field::kStripCount);
  if (strips == 0 || strips > kMaxExtents) {
    return fault(FaultKind::strip_count, index,
                 fmt::format("number of strips is {}, not 1 to {}", strips, kMaxExtents));
  }
  map.kind = MapKind::interleaved;
  map.chunk = load_le<std::uint64_t>(from, field::kChunk);
  get_extents(from, field::kStrips, strips, map.extents);
  return std::nullopt;
}

Refusal get_map(Bytes from, std::uint64_t index, FileMap& map) {
  const auto type = load_le<std::uint32_t>(from, field::kMapType);
  if (type == static_cast<std::uint32_t>(MapKind::interleaved)) {
    return get_interleaved(from, index, map);
  }
  if (type != static_cast<std::uint32_t>(MapKind::simple)) {
    return fault(FaultKind::map_type, index,
                 fmt::format("map type is {}, not 0 (simple) or 1 (interleaved)", type));
  }
  const auto count = load_le<std::uint32_t>(from, field::kMapCount);
  if (count > kMaxExtents) {
    return fault(FaultKind::extent_count, index,
                 fmt::format("number of extents is {}, not at most {}", count, kMaxExtents));
  }
  get_extents(from, field::kExtents, count, map.extents);
  return std::nullopt;
}

Refusal get_file(Bytes from, std::uint64_t index, FileEntry& file) {
  file.size = load_le<std::uint64_t>(from, field::kFileSize);
  file.flags = load_le<std::uint32_t>(from, field::kFileFlags);
  file.uid = load_le<std::uint32_t>(from, field::kFileUid);
  file.gid = load_le<std::uint32_t>(from, field::kFileGid);
  file.mode = load_le<std::uint32_t>(from, field::kFileMode);
  if (auto refusal = get_path(from, field::kFilePath, index, file.path)) {
    return refusal;
  }
  return get_map(from, index, file.map);
}

Refusal get_directory(Bytes from, std::uint64_t index, MkdirEntry& directory) {
  directory.uid = load_le<std::uint32_t>(from, field::kMkdirUid);
  directory.gid = load_le<std::uint32_t>(from, field::kMkdirGid);
  directory.mode = load_le<std::uint32_t>(from, field::kMkdirMode);
  return get_path(from, field::kMkdirPath, index, directory.path);
}

Refusal get_device(Bytes from, AddDeviceEntry& device) {
  device.size = load_le<std::uint64_t>(from, field::kDeviceSize);
  std::memcpy(device.device.bytes.data(), from.data() + field::kDeviceUuid, sizeof device.device);
  device.index = load_le<std::uint32_t>(from, field::kDeviceIndex);
  return std::nullopt;
}

Refusal get_body(Bytes from, std::uint64_t index, EntryBody& body) {
  const auto type = load_le<std::uint32_t>(from, field::kType);
  switch (type) {
  case field::kTypeFile: // what a fresh body holds: no need to make it again
    return get_file(from, index, std::get<FileEntry>(body));
  case field::kTypeMkdir:
    return get_directory(from, index, body.emplace<MkdirEntry>());
  case field::kTypeAddDevice:
    return get_device(from, body.emplace<AddDeviceEntry>());
  default:
    body.emplace<OtherEntry>(type);
    return std::nullopt;
  }
}

} // namespace

RelPath::RelPath(std::string_view text) noexcept : size_(static_cast<std::uint8_t>(text.size())) {
  assert(text.size() <= kMaxPath);
  std::ranges::copy(text, text_.begin());
}

EntryBytes encode(const Entry& entry) {
  EntryBytes bytes{};
  store_le(bytes, field::kSeqnum, entry.seqnum);
  std::visit(PutBody{bytes}, entry.body);
  store_le<std::uint64_t>(bytes, field::kCrc, crc32(Bytes(bytes).first(field::kCrc)));
  return bytes;
}

std::optional<Fault> check_whole(Bytes bytes, std::uint64_t index) {
  assert(bytes.size() == kEntrySize);
  const std::uint64_t crc = crc32(bytes.first(field::kCrc));
  if (const auto stored = load_le<std::uint64_t>(bytes, field::kCrc); stored != crc) {
    return fault(FaultKind::entry_crc, index,
                 fmt::format("CRC is {:#x}, its bytes give {:#x}", stored, crc));
  }
  if (const auto seqnum = load_le<std::uint64_t>(bytes, field::kSeqnum); seqnum != index) {
    return fault(FaultKind::entry_seqnum, index,
                 fmt::format("sequence number is {}, not {}", seqnum, index));
  }
  return std::nullopt;
}

std::expected<Entry, Fault> decode_entry(Bytes bytes, std::uint64_t index, const Geometry& geometry,
                                         std::uint64_t devices) {
  assert(bytes.size() == kEntrySize);
  std::expected<Entry, Fault> entry;
  entry->seqnum = index;
  auto refusal = get_body(bytes, index, entry->body);
  if (!refusal) {
    refusal = validate(*entry, geometry, devices);
  }
  if (refusal) {
    entry = std::unexpected(std::move(*refusal));
  }
  return entry;
}

} // namespace famfs::format
