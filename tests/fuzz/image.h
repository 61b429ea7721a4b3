// An image of a file system as the fuzzers keep it: what a reader looks at, in one short piece.
//
//   8  device's size · 2 entries · 2 entries seen at first · 4 unused
//   200 superblock · 48 log header · 544 each entry · the rest is the target's own
//
// Short inputs are as if zeros followed.
#pragma once

#include "sparse_memory.h"

#include "format/entry.h"
#include "format/log_header.h"
#include "format/superblock.h"

#include <vector>

namespace famfs::fuzz {

inline constexpr std::size_t kImageHead = 16;
inline constexpr std::size_t kImageEntries =
    kImageHead + format::kSuperblockSize + format::kLogHeaderSize;
inline constexpr std::uint64_t kLargestDevice = 64 * GiB; // maps of free space are walked
inline constexpr std::size_t kMostEntries = 48;

struct Image {
  std::uint64_t device_size = 0;
  std::uint16_t first = 0; // entries that a client sees when it opens; later it sees all
  format::SuperblockBytes superblock{};
  format::LogHeaderBytes header{};
  std::vector<format::EntryBytes> entries;
};

[[nodiscard]] Image take_image(Input& input);
[[nodiscard]] std::unique_ptr<SparseMemory> device_of(const Image& image);

} // namespace famfs::fuzz
