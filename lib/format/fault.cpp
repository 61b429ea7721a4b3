#include "format/fault.h"

#include "base/text.h"

#include <array>
#include <cstddef>

namespace famfs::format {
namespace {

struct Row {
  FaultKind kind;
  Reach reach;
  std::string_view name;
  std::string_view meaning;
};

using enum FaultKind;

// In the order of FaultKind.
constexpr auto kTable = std::to_array<Row>({
    {superblock_magic, Reach::volume, "superblock-magic", "there is no famfs file system here"},
    {superblock_version, Reach::volume, "superblock-version",
     "the superblock's version is one that this program does not know"},
    {superblock_omf, Reach::volume, "superblock-omf",
     "the on-media format is one that this program does not know"},
    {superblock_crc, Reach::volume, "superblock-crc", "the superblock was damaged or torn"},
    {superblock_log, Reach::volume, "superblock-log",
     "the superblock puts the log where no log can be"},
    {superblock_alloc_unit, Reach::volume, "superblock-alloc-unit",
     "the superblock has an allocation unit that the format does not"},
    {superblock_device_size, Reach::volume, "superblock-device-size",
     "the superblock and the device disagree on its size"},
    {superblock_flags, Reach::volume, "superblock-flags",
     "the superblock has flags, and the format sets none"},
    {header_magic, Reach::volume, "header-magic", "there is no log where the superblock says"},
    {header_crc, Reach::volume, "header-crc", "the log header was damaged or torn"},
    {header_length, Reach::volume, "header-length",
     "the log header and the superblock disagree on the log's length"},
    {header_next_index, Reach::volume, "header-next-index",
     "the log claims to hold more entries than it has room for"},
    {header_counters, Reach::volume, "header-counters",
     "the log header's two counters are further apart than an append leaves them"},
    {entry_crc, Reach::log_tail, "entry-crc",
     "a committed entry was damaged; it and all after it are not applied"},
    {entry_seqnum, Reach::log_tail, "entry-seqnum",
     "a committed entry belongs elsewhere in the log; it and all after it are not applied"},
    {entry_unreadable, Reach::log_tail, "entry-unreadable",
     "the memory under a committed entry failed; it and all after it are not applied"},
    {entry_type, Reach::entry, "entry-type", "an entry of a type that this program does not apply"},
    {path_not_terminated, Reach::entry, "path-not-terminated",
     "a path that does not end within its field"},
    {path_empty, Reach::entry, "path-empty", "a path without a character"},
    {path_absolute, Reach::entry, "path-absolute", "a path that begins with a slash"},
    {path_component, Reach::entry, "path-component",
     R"(a path with a component that no name can be: empty, ".", ".." or with a NUL)"},
    {path_reserved, Reach::entry, "path-reserved", "a path below .meta, which is not the log's"},
    {path_duplicate, Reach::entry, "path-duplicate",
     "a path that an earlier entry made; the earlier one stands"},
    {path_parent_missing, Reach::entry, "path-parent-missing",
     "a path below a directory that no entry made"},
    {path_parent_is_file, Reach::entry, "path-parent-is-file", "a path below a file"},
    {mode_bits, Reach::entry, "mode-bits", "a mode with more than permission bits"},
    {file_flags, Reach::entry, "file-flags", "file flags that the format does not have"},
    {file_size_zero, Reach::entry, "file-size-zero", "an empty file that has extents"},
    {file_size_beyond_extents, Reach::entry, "file-size-beyond-extents",
     "a file larger than its extents"},
    {map_type, Reach::entry, "map-type", "a file map of a type that the format does not have"},
    {extent_count, Reach::entry, "extent-count",
     "a file without extents for its bytes, or with more than the format has"},
    {extent_device, Reach::entry, "extent-device", "an extent on a device that is not there"},
    {extent_unaligned, Reach::entry, "extent-unaligned",
     "an extent that is not a multiple of the allocation unit"},
    {extent_empty, Reach::entry, "extent-empty", "an extent of length 0"},
    {extent_in_metadata, Reach::entry, "extent-in-metadata",
     "an extent over the superblock or the log"},
    {extent_past_device, Reach::entry, "extent-past-device", "an extent past the device's end"},
    {extent_overlap, Reach::entry, "extent-overlap",
     "an extent over another one, of this file or an earlier one"},
    {strip_count, Reach::entry, "strip-count",
     "an interleaved file with no strips, or more than the format has"},
    {strip_chunk, Reach::entry, "strip-chunk",
     "an interleaved file whose chunk is not a power of two of at least 2 MiB"},
    {strip_length, Reach::entry, "strip-length",
     "an interleaved file whose strips are not whole chunks, or not equally long"},
    {device_index, Reach::entry, "device-index", "an added device that cannot be"},
});

consteval bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].kind) != i) {
      return false;
    }
  }
  return kTable.size() == static_cast<std::size_t>(device_index) + 1;
}
static_assert(in_order());

const Row& row(FaultKind kind) noexcept {
  return kTable[static_cast<std::size_t>(kind)];
}

} // namespace

std::string_view name(FaultKind kind) noexcept {
  return row(kind).name;
}

std::string_view meaning(FaultKind kind) noexcept {
  return row(kind).meaning;
}

Reach reach(FaultKind kind) noexcept {
  return row(kind).reach;
}

std::string describe(const Fault& fault) {
  const std::string where = fault.entry ? fmt::format("log entry {}", *fault.entry)
                            : fault.kind < FaultKind::header_magic ? "superblock"
                                                                   : "log header";
  return fmt::format("{} at {:#x}: {} ({})", where, fault.offset, fault.what, name(fault.kind));
}

} // namespace famfs::format
