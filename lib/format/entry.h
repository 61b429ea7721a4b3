// A log entry: 544 bytes, as a closed variant of values. Layout: docs/format.md. Encode, decode and
// validate each handle every kind in one place; a new kind is added there and in volume's apply.
#pragma once

#include "base/bytes.h"
#include "base/uuid.h"
#include "format/fault.h"
#include "format/file_map.h"
#include "format/superblock.h"

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <variant>

namespace famfs::format {

// A relative path as the format holds it: at most 79 bytes, no allocation. Any byte but NUL.
class RelPath {
public:
  RelPath() = default;
  // Cuts nothing: a longer text is the caller's bug (check kMaxPath first) and asserts.
  explicit RelPath(std::string_view text) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }
  bool operator==(const RelPath& o) const noexcept { return view() == o.view(); }

private:
  std::array<char, kPathField> text_{};
  std::uint8_t size_ = 0;
};

inline constexpr std::uint32_t kFileAllHostsRead = 1;
inline constexpr std::uint32_t kFileAllHostsWrite = 2;

struct FileEntry {
  RelPath path;
  std::uint64_t size = 0;
  std::uint32_t flags = kFileAllHostsWrite;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0;
  FileMap map;
};

struct MkdirEntry {
  RelPath path;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0;
};

struct AddDeviceEntry {
  std::uint64_t size = 0;
  Uuid device;
  std::uint32_t index = 0;
};

// A type that we do not apply: DELETE, INVALID, or one from the future.
struct OtherEntry {
  std::uint32_t type = 0;
};

using EntryBody = std::variant<FileEntry, MkdirEntry, AddDeviceEntry, OtherEntry>;

struct Entry {
  std::uint64_t seqnum = 0;
  EntryBody body;
};

using EntryBytes = std::array<std::byte, kEntrySize>;

// OtherEntry encodes to its type and a zero payload.
[[nodiscard]] EntryBytes encode(const Entry& entry);

// Is the entry whole: CRC right, and seqnum equal to its index? `bytes` is a private copy of
// kEntrySize bytes. A fault's reach is log_tail.
[[nodiscard]] std::optional<Fault> check_whole(Bytes bytes, std::uint64_t index);

// Decodes a whole entry and checks all that can be said of it alone: type, path rules, mode, flags,
// map type and counts, each extent's alignment and range against the geometry, size against
// capacity. (Overlap, parents and duplicates are the volume's.) `devices`: how many devices are
// known, ≥ 1. Never reads past `bytes`, whatever the counts say. A fault's reach is entry.
[[nodiscard]] std::expected<Entry, Fault>
decode_entry(Bytes bytes, std::uint64_t index, const Geometry& geometry, std::uint64_t devices = 1);

// The same checks on a value, before we write it.
[[nodiscard]] std::optional<Fault> validate(const Entry& entry, const Geometry& geometry,
                                            std::uint64_t devices = 1);

// An empty file is size 0 with a simple map of no extents; size 0 with extents is a fault.

// Path rules alone: not empty, relative, ≤ kMaxPath, no empty, "." or ".." component, no NUL, first
// component not ".meta".
[[nodiscard]] std::optional<FaultKind> path_fault(std::string_view path) noexcept;

} // namespace famfs::format
