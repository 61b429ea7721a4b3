// What of a damaged entry its own bytes prove.
#include "format/mend.h"

#include "base/crc32.h"
#include "format/fields.h"

#include <cstring>

namespace famfs::format {
namespace {

std::uint32_t field_of(const EntryBytes& bytes, std::size_t at) {
  return load_le<std::uint32_t>(bytes, at);
}

std::size_t mode_at(std::uint32_t type) noexcept {
  return type == field::kTypeFile ? field::kFileMode : field::kMkdirMode;
}

bool has_mode(std::uint32_t type) noexcept {
  return type == field::kTypeFile || type == field::kTypeMkdir;
}

void keep_permission_bits(EntryBytes& bytes, std::uint32_t type) {
  if (has_mode(type)) {
    store_le(bytes, mode_at(type), field_of(bytes, mode_at(type)) & kModeBits);
  }
}

bool known_flags(std::uint32_t flags) noexcept {
  return flags == kFileAllHostsRead || flags == kFileAllHostsWrite;
}

// The CRC's other half is zero by definition.
bool crc_is(const EntryBytes& bytes, std::uint32_t crc) {
  return crc32(Bytes(bytes).first(field::kCrc)) == crc;
}

EntryBytes with_crc(EntryBytes bytes) {
  store_le<std::uint64_t>(bytes, field::kCrc, crc32(Bytes(bytes).first(field::kCrc)));
  return bytes;
}

// With its bytes as they are, or with those that nobody uses as we write them.
std::optional<EntryBytes> proved(const EntryBytes& candidate, std::uint64_t index,
                                 const Geometry& geometry) {
  const std::uint32_t crc = field_of(candidate, field::kCrc);
  if (crc_is(candidate, crc)) {
    return with_crc(candidate);
  }
  if (const auto entry = decode_entry(candidate, index, geometry)) {
    if (const EntryBytes clean = encode(*entry); crc_is(clean, crc)) {
      return clean;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<EntryBytes> restore_entry(const EntryBytes& bytes, std::uint64_t index,
                                        const Geometry& geometry) {
  for (const std::uint32_t type : {field::kTypeFile, field::kTypeMkdir, field::kTypeAddDevice}) {
    EntryBytes candidate = bytes;
    store_le(candidate, field::kSeqnum, index);
    store_le(candidate, field::kType, type);
    keep_permission_bits(candidate, type);
    if (auto whole = proved(candidate, index, geometry)) {
      return whole;
    }
    if (type == field::kTypeFile) {
      for (const std::uint32_t flags : {kFileAllHostsWrite, kFileAllHostsRead}) {
        store_le(candidate, field::kFileFlags, flags);
        if (auto whole = proved(candidate, index, geometry)) {
          return whole;
        }
      }
    }
  }
  return std::nullopt;
}

std::optional<EntryBytes> normalize_entry(const EntryBytes& bytes, std::uint64_t index,
                                          const Geometry& geometry) {
  EntryBytes normal = bytes;
  const std::uint32_t type = field_of(bytes, field::kType);
  keep_permission_bits(normal, type);
  if (type == field::kTypeFile && !known_flags(field_of(bytes, field::kFileFlags))) {
    store_le(normal, field::kFileFlags, kFileAllHostsWrite);
  }
  if (normal == bytes || !decode_entry(normal, index, geometry)) {
    return std::nullopt;
  }
  return with_crc(normal);
}

std::string path_as_is(Bytes bytes) {
  const auto type = load_le<std::uint32_t>(bytes, field::kType);
  if (!has_mode(type)) {
    return {};
  }
  const std::size_t at = type == field::kTypeFile ? field::kFilePath : field::kMkdirPath;
  const auto* const text = reinterpret_cast<const char*>(bytes.data() + at);
  return {text, ::strnlen(text, kPathField)};
}

} // namespace famfs::format
