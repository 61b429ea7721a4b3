// The memory of a device that is known to be bad: what the kernel knew at the open, and what has
// failed since. Nobody touches it again: reading poison is a machine check each time.
#pragma once

#include "base/error.h"
#include "format/file_map.h"
#include "media/bad_ranges.h"

#include <atomic>
#include <cstdint>
#include <shared_mutex>

namespace famfs::volume {

// Thread-safe. Its lock is a leaf; where nothing is bad it is not taken.
class BadMemory {
public:
  explicit BadMemory(media::BadRanges ranges) : any_(!ranges.empty()), ranges_(std::move(ranges)) {}

  void add(const media::BadRange& range, std::uint64_t device_size);
  [[nodiscard]] media::BadRanges ranges() const;

  // Errc::io, naming what is bad, when [offset, offset + length) of the device has some of it.
  [[nodiscard]] Result<void> avoid(std::uint64_t offset, std::uint64_t length) const;
  // The same of a file's bytes.
  [[nodiscard]] Result<void> avoid(const format::FileMap& map, std::uint64_t offset,
                                   std::uint64_t length) const;

private:
  std::atomic<bool> any_; // once true, it stays so
  mutable std::shared_mutex mutex_;
  media::BadRanges ranges_;
};

// What a file system cannot be without: Errc::io when the superblock, or the log where it is asked
// for, has bad memory in it.
enum class NeedLog : bool { no, yes };
[[nodiscard]] Result<void> metadata_is_good(const media::BadRanges& bad, std::uint64_t log_length,
                                            NeedLog need_log);

} // namespace famfs::volume
