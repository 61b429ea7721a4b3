// Free space of one device: which allocation units belong to nobody. RAM only; rebuilt by replay.
//
// Bytes in, bytes out; every offset and length is a multiple of the allocation unit. Not
// thread-safe: the volume's lock guards it (const calls may overlap). Never hands out a byte below
// geometry.data_begin() or past data_end(). Knows device 0 only.
#pragma once

#include "alloc/bitmap.h"
#include "base/error.h"
#include "format/file_map.h"
#include "format/superblock.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace famfs::alloc {

// How interleaved space is asked for (docs/format.md and the creat options -N -B -C).
struct Stripes {
  std::uint32_t strips = 0;  // 1…16
  std::uint32_t buckets = 0; // strips…64: equal parts of the device; each strip lies in another
  std::uint64_t chunk = 0;   // a power of two, a multiple of 2 MiB
};

class Allocator {
public:
  // Everything free. too_big: the map of free units would pass 1 GiB (a sparse file can claim to be
  // of any size); no_memory.
  [[nodiscard]] static Result<Allocator> make(const format::Geometry& geometry);

  // Replay: marks an extent as in use. False, and nothing marked, when a part of it already is, or
  // when it is not a stretch of whole units of the data area (empty, unaligned, outside, another
  // device).
  [[nodiscard]] bool claim(const format::Extent& extent);

  // First fit: one extent when a free run is long enough, else up to `most` extents (the longest
  // runs, as few as do, in address order). Length is rounded up to the unit; 0 gives no extents.
  // no_space tells how much is free and, when it is only the pieces that are too many, says that.
  [[nodiscard]] Result<format::Extents> allocate(std::uint64_t bytes,
                                                 std::size_t most = format::kMaxExtents);

  // Lengthens `extent` in place by up to `bytes`, rounded up to the unit; returns by how much (0:
  // the next unit is taken).
  [[nodiscard]] std::uint64_t extend(format::Extent& extent, std::uint64_t bytes);

  // Strips for `bytes`, each contiguous and in a bucket of its own, the bucket with the most free
  // space first. A file smaller than a chunk is not interleaved: it gets what allocate() gives. All
  // or nothing. Checks the limits of Stripes against the device: Errc::usage names the value.
  [[nodiscard]] Result<format::FileMap> allocate_striped(std::uint64_t bytes,
                                                         const Stripes& stripes);

  // Every unit that [offset, offset + length) touches is never handed out again: not those that
  // are free, nor those of a file once they are freed. claim() still finds them: a file that is
  // there is there. no_memory, with nothing changed.
  [[nodiscard]] Result<void> withdraw(std::uint64_t offset, std::uint64_t length);

  // The caller answers for pins. Freeing what is free is a bug and asserts.
  void free(const format::Extent& extent);
  void free(const format::FileMap& map);

  [[nodiscard]] std::uint64_t total_bytes() const noexcept; // data_end - data_begin
  [[nodiscard]] std::uint64_t free_bytes() const noexcept;  // without what is withdrawn
  [[nodiscard]] std::uint64_t withdrawn_bytes() const noexcept;
  [[nodiscard]] std::uint64_t largest_free_run() const noexcept; // bytes; walks the map

private:
  // A stretch of the data area, in units from its begin.
  struct Run {
    std::uint64_t begin = 0;
    std::uint64_t length = 0;
  };
  struct Bucket {
    std::uint64_t free = 0;
    Run strip; // where a strip would lie in it
  };
  Allocator(const format::Geometry& geometry, Bitmap used);

  [[nodiscard]] std::optional<Run> run_of(const format::Extent& extent) const noexcept;
  [[nodiscard]] format::Extent extent_of(const Run& run) const noexcept;
  [[nodiscard]] std::uint64_t units_for(std::uint64_t bytes) const noexcept;

  [[nodiscard]] std::optional<Run> first_fit(std::uint64_t from, std::uint64_t to,
                                             std::uint64_t units) const noexcept;
  [[nodiscard]] std::vector<Run> longest_runs(std::size_t most) const; // longest first
  [[nodiscard]] Result<format::Extents> allocate_pieces(std::uint64_t units, std::size_t most);
  [[nodiscard]] std::vector<Bucket> buckets_with_room(std::uint32_t buckets,
                                                      std::uint64_t strip_units) const;
  void take(const Run& run) noexcept;
  [[nodiscard]] Run units_touched(std::uint64_t offset, std::uint64_t length) const noexcept;
  [[nodiscard]] bool claimable(const Run& run) const noexcept;
  // Units of `run` that are withdrawn and no file's: from free to kept.
  void keep_out(const Run& run) noexcept;

  // Only where something is withdrawn. kept ⊆ all, kept ⊆ used_: what only looks taken.
  struct Withdrawn {
    Bitmap all;
    Bitmap kept;
  };

  format::Geometry geometry_;
  std::uint64_t unit_;
  std::uint64_t first_unit_; // of the data area, from the device's begin
  std::uint64_t free_units_;
  std::uint64_t lowest_free_ = 0;        // no free unit below it: where a search may begin
  Bitmap used_;                          // of the data area
  std::unique_ptr<Withdrawn> withdrawn_; // null: nothing is
};

} // namespace famfs::alloc
