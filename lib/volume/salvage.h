// famfs salvage: what files a device holds when it cannot be mounted, or not all of it. Goes by
// each entry that is whole by itself, also behind one that is not. Changes nothing.
#pragma once

#include "base/error.h"
#include "log/writer.h"
#include "media/bad_ranges.h"
#include "media/memory.h"
#include "volume/apply.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace famfs::volume {

// An entry that gives no file or directory.
struct Lost {
  std::uint64_t entry = 0;
  std::string path; // as far as it can be read, any bytes; of a damaged entry it may be wrong
  std::string why;
};

// Of a directory that no good entry made but files lie in: NodeInfo::entry.
inline constexpr std::uint64_t kNoEntry = UINT64_MAX;

struct Survey {
  std::unique_ptr<Contents> contents; // its paths and maps keep the rules of the format
  std::vector<Lost> lost;
  std::uint64_t file_bytes = 0;
  bool superblock_used = false; // else the log's length is its header's word
  bool header_used = false;     // else every slot was looked at: there may be files never committed
};

// Errc::corrupt: neither superblock nor log header can be believed, and the message says why.
// `progress` (entries) as check()'s. What is known to be bad is not touched.
[[nodiscard]] Result<Survey> survey(const media::Memory& memory, const log::Progress& progress = {},
                                    const media::BadRanges& bad = {});

// A file's bytes [offset, offset + to.size()), as far as its memory can be read: what cannot is
// zeroes in `to` and told, in offsets of the file. `to` within the file.
using BadBytes = std::function<void(std::uint64_t offset, std::uint64_t length)>;
[[nodiscard]] Result<void> read_around(const media::Memory& memory, const media::BadRanges& bad,
                                       const format::FileMap& map, std::uint64_t offset,
                                       MutableBytes to, const BadBytes& told);

} // namespace famfs::volume
