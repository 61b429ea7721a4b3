// fsck and dump: reads a file system whole and says what is there and what is wrong. Changes
// nothing.
#pragma once

#include "base/document.h"
#include "base/error.h"
#include "log/reporter.h"
#include "log/writer.h"
#include "media/bad_ranges.h"
#include "media/memory.h"
#include "volume/bad_places.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace famfs::volume {

struct CheckReport {
  bool famfs = false;  // there was a magic
  bool usable = false; // superblock and header are good
  std::uint64_t device_bytes = 0, log_length = 0, alloc_unit = 0;
  std::uint64_t entries = 0, capacity = 0; // committed; slots
  std::uint64_t unread = 0; // of the committed: the first that is not whole, and all behind it
  std::uint64_t files = 0, directories = 0, interleaved_files = 0, extents = 0;
  std::uint64_t file_bytes = 0, allocated_bytes = 0, free_bytes = 0;
  std::vector<BadPlace> bad; // bad memory, and what lies there
  std::uint64_t faults = 0;  // of every kind, and bad memory that harms: what the exit code goes by
};

// Every fault goes to the reporter. An error result only when the check could not run (I/O, memory,
// or `progress` stopped it). What a file has counts when the file is good; space that a refused
// file's entry rightly names counts as allocated (apply.h). A superblock in bad memory is not read.
[[nodiscard]] Result<CheckReport> check(const media::Memory& memory, log::Reporter& reporter,
                                        const log::Progress& progress = {},
                                        const media::BadRanges& bad = {});

// `superblock`, `log`, `entries`: each entry with index, type, path (and path_hex when it is not
// UTF-8), mode, uid, gid, size, extents or strips, and `fault` when it is refused.
[[nodiscard]] Result<Document> dump(const media::Memory& memory);

} // namespace famfs::volume
