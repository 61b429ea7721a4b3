// A pending file: known to this daemon alone, growing, its bytes either written or zeroed before
// anybody can see them (docs/architecture.md, invariant 4).
#pragma once

#include "base/error.h"
#include "format/file_map.h"
#include "media/memory.h"
#include "tree/tree.h"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace famfs::volume {

// As loff_t has it; also keeps sums of two offsets from wrapping.
inline constexpr std::uint64_t kMaxFileSize = INT64_MAX;
// offset + length, which cannot wrap; too_big: past that.
[[nodiscard]] Result<std::uint64_t> end_of(std::uint64_t offset, std::uint64_t length);

enum class PendingState : std::uint8_t { pending, committed, gone };

struct Pending {
  Pending(tree::NodeId node, const tree::NodeInfo& attributes) : id(node), info(attributes) {}

  const tree::NodeId id;

  std::mutex mutex; // held while the file's data is written; guards up to the blank line
  PendingState state = PendingState::pending;
  std::uint64_t high_water = 0; // every byte of the file below it was written or zeroed
  bool raw = false;             // laid out raw: zeroed only behind its size, which is fixed
  bool on_request = false;      // committed by Why::by_request alone
  bool mapped = false;          // handed out to be mapped: its memory may change at any time
  bool handed_out = false;      // mapped, or addresses given to a reader: pins keep its space

  // Changed under `mutex` and the volume's lock (exclusive); either is enough to read.
  format::FileMap map;

  std::atomic<std::uint64_t> size = 0; // changed under `mutex`

  // Guarded by the volume's lock.
  tree::NodeInfo info; // uid, gid, mode; the tree's is brought up to date at commit
  bool orphan = false; // removed; lives until its last pin goes

  // Under `mutex`: zeroes [high_water, to) as far as there is space, durably. Nothing when raw.
  [[nodiscard]] Result<void> clean(media::Memory& memory, std::uint64_t to);
  // The end of the unit of maps that the file ends in: what lies behind the file's own end in it
  // can be seen too.
  [[nodiscard]] std::uint64_t visible_end(std::uint64_t map_unit) const noexcept;
};

// [from, to) of a file, which its map holds: zeroed, or written back; fenced.
[[nodiscard]] Result<void> zero(media::Memory& memory, const format::FileMap& map,
                                std::uint64_t from, std::uint64_t to);
[[nodiscard]] Result<void> write_back(media::Memory& memory, const format::FileMap& map,
                                      std::uint64_t from, std::uint64_t to);
// Drops them from this host's caches; fenced.
[[nodiscard]] Result<void> invalidate(const media::Memory& memory, const format::FileMap& map,
                                      std::uint64_t from, std::uint64_t to);

} // namespace famfs::volume
