// What damaged structures prove of themselves: for fsck --repair and salvage. The rules, and why
// there are no more, are in docs/format.md, "What can be repaired". Values only.
#pragma once

#include "format/entry.h"
#include "format/log_header.h"
#include "format/superblock.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace famfs::format {

// The superblock that damaged bytes were: what has one value in this format is put right, the log's
// length is `log_length` (what the log header says) or as it is, and then the CRC that lies there
// must be that of the result. nullopt: it is not.
[[nodiscard]] std::optional<SuperblockBytes> restore_superblock(const SuperblockBytes& bytes,
                                                                std::uint64_t log_length);

// The header with all that the geometry determines put right, the counters as they are. nullopt:
// its CRC is right and says something else, so that it was written so.
[[nodiscard]] std::optional<LogHeaderBytes> restore_log_header(const LogHeaderBytes& bytes,
                                                               const Geometry& geometry);

// The length of a header that is whole by itself, for when the superblock is not; else 0.
[[nodiscard]] std::uint64_t own_length(const LogHeaderBytes& bytes);

// The entry that damaged bytes were: seqnum, type, file flags, mode and unused bytes are put right
// as far as only one value can be, and then the CRC that lies there must be that of the result.
// nullopt: it is not.
[[nodiscard]] std::optional<EntryBytes> restore_entry(const EntryBytes& bytes, std::uint64_t index,
                                                      const Geometry& geometry);

// A whole entry that is refused for its file flags or mode alone, with the flags that every famfs
// writes and the permission bits of its mode. nullopt: there is more wrong with it, or nothing.
[[nodiscard]] std::optional<EntryBytes>
normalize_entry(const EntryBytes& bytes, std::uint64_t index, const Geometry& geometry);

// The path of an entry that is refused, as it lies there, to name it by; empty: there is none.
[[nodiscard]] std::string path_as_is(Bytes bytes);

} // namespace famfs::format
