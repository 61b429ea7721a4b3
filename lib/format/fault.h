// What can be wrong with bytes on the media. Every check in this project that rejects such bytes
// says which of these it found; fsck, replay and mount print the same words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace famfs::format {

enum class FaultKind : std::uint8_t {
  // superblock: nothing can be used
  superblock_magic,
  superblock_version,
  superblock_omf,
  superblock_crc,
  superblock_log, // log_offset or log_len
  superblock_alloc_unit,
  superblock_device_size,
  superblock_flags, // not 0 (fsck's; nobody goes by them)
  // log header: nothing is applied
  header_magic,
  header_crc,
  header_length,     // disagrees with the superblock, or last_index with length
  header_next_index, // past the last slot
  header_counters,   // next_seqnum and next_index too far apart (fsck's; replay goes by next_index)
  // an entry that is not whole: replay stops before it
  entry_crc,
  entry_seqnum,
  entry_unreadable, // poisoned memory
  // an entry that is whole and wrong: it is skipped, replay goes on
  entry_type,
  path_not_terminated,
  path_empty,
  path_absolute,
  path_component, // empty, ".", ".."
  path_reserved,  // ".meta"
  path_duplicate,
  path_parent_missing,
  path_parent_is_file,
  mode_bits,
  file_flags,
  file_size_zero, // size 0 with extents
  file_size_beyond_extents,
  map_type,
  extent_count,  // 0 with bytes to hold, or more than the format has
  extent_device, // an index that no device has
  extent_unaligned,
  extent_empty,       // length 0
  extent_in_metadata, // over superblock or log
  extent_past_device,
  extent_overlap, // over another file's, or its own
  strip_count,
  strip_chunk,
  strip_length, // strips of one file differ in length
  device_index, // ADD_DAXDEV that cannot be
};

// How far the fault reaches.
enum class Reach : std::uint8_t { volume, log_tail, entry };

struct Fault {
  FaultKind kind{};
  std::optional<std::uint64_t> entry; // index in the log
  std::uint64_t offset = 0;           // on the device: of the structure
  std::string what;                   // one line: the field, its value, what it must be
};

[[nodiscard]] std::string_view name(FaultKind kind) noexcept;    // "extent-overlap": for JSON
[[nodiscard]] std::string_view meaning(FaultKind kind) noexcept; // one short sentence for fsck
[[nodiscard]] Reach reach(FaultKind kind) noexcept;

// "log entry 17 at 0x200000: extent 2 offset 0x… is past the device's end 0x… (extent-past-device)"
[[nodiscard]] std::string describe(const Fault& fault);

} // namespace famfs::format
