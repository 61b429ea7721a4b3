// Good structures to spoil, and the way from spoilt bytes to the fault that a reader finds in them.
#pragma once

#include "format/entry.h"
#include "format/log_header.h"
#include "format/superblock.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::format::sample {

inline constexpr std::uint64_t kDeviceSize = 64 * MiB;
inline constexpr Geometry kGeometry{
    .device_size = kDeviceSize, .log_length = 8 * MiB, .alloc_unit = kAllocUnit};
inline constexpr std::uint64_t kData = 10 * MiB; // where its data begins

FileEntry file();             // "dir/file", 3 MiB in one extent of 4 MiB
FileEntry interleaved_file(); // 11 MiB in 3 strips of 4 MiB, chunk 2 MiB
MkdirEntry directory();       // "dir/sub"
AddDeviceEntry device();
Superblock superblock();

// The bytes of `body` as entry 0, with the little-endian field at `offset` set to `value`, CRC
// right.
template <std::unsigned_integral T>
EntryBytes spoilt(const EntryBody& body, std::size_t offset, T value);
void seal(EntryBytes& bytes);
void seal(SuperblockBytes& bytes);
void seal(LogHeaderBytes& bytes);

// What is wrong with whole bytes, or with a value; nothing if they are good. Checks that a value
// and its bytes are judged alike.
std::optional<FaultKind> fault_of(const EntryBytes& bytes);
std::optional<FaultKind> fault_of(const EntryBody& body);
std::optional<FaultKind> fault_of(const SuperblockBytes& bytes);
std::optional<FaultKind> fault_of(const LogHeaderBytes& bytes);

FileEntry with_path(std::string_view path);
FileEntry with_extents(std::initializer_list<Extent> extents, std::uint64_t size = 4096);
FileEntry with_strips(std::uint64_t chunk, std::initializer_list<Extent> strips,
                      std::uint64_t size = 4096);

// The standard output of a shell command; a failed one fails the test.
std::vector<std::byte> output_of(const std::string& command);

template <std::unsigned_integral T>
EntryBytes spoilt(const EntryBody& body, std::size_t offset, T value) {
  EntryBytes bytes = encode(Entry{.seqnum = 0, .body = body});
  store_le(bytes, offset, value);
  seal(bytes);
  return bytes;
}

} // namespace famfs::format::sample
