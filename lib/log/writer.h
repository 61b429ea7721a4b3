// Appends to the log. There is one appender (docs/architecture.md, invariant 2): the daemon with
// the claim and the master role; the volume serialises calls.
//
// Order of append(): entry stored, its lines written back, fence; next_seqnum, then next_index (the
// commit point, one 8-byte store), their one line written back, fence. At most 11 lines. If it
// fails before next_index is stored, nothing was committed and the slot is used again. If it fails
// after (the header's memory went bad), the entry is there for all to see but may not last: used()
// counts it, and the error is returned.
#pragma once

#include "base/error.h"
#include "format/entry.h"
#include "format/log_header.h"
#include "media/memory.h"

#include <cstdint>
#include <functional>

namespace famfs::log {

class Writer {
public:
  // `position`: what replay reached; must be the header's next_index, so that nothing is
  // overwritten.
  Writer(media::Memory& memory, const format::Geometry& geometry, std::uint64_t position);

  // Commits; returns the entry's index. Errc::log_full names how many entries the log holds.
  // Errc::corrupt: next_index is not where this Writer left it, so somebody else appended.
  [[nodiscard]] Result<std::uint64_t> append(const format::EntryBody& body);

  [[nodiscard]] std::uint64_t capacity() const noexcept;
  [[nodiscard]] std::uint64_t used() const noexcept;               // entries
  [[nodiscard]] std::uint64_t lines_written_back() const noexcept; // since the Writer was made

private:
  Result<void> store_entry(std::uint64_t index, const format::EntryBody& body);
  Result<void> store_counters(std::uint64_t next);
  Result<void> write_back(std::uint64_t offset, std::uint64_t length); // and fence

  media::Memory& memory_;
  std::uint64_t capacity_;
  std::uint64_t next_;
  std::uint64_t lines_ = 0;
};

// mkfs: zeroes the log and writes an empty header, written back. No superblock may lead to it
// before the caller has fenced: a crash until then leaves anything. `progress(done, total)` is
// called every few MiB; it returns false to stop (Errc::interrupted).
using Progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;
// Entries that whoever reads a log reads between two calls.
inline constexpr std::uint64_t kEntriesPerCall = 16384;
[[nodiscard]] Result<void> make_log(media::Memory& memory, std::uint64_t log_length,
                                    const Progress& progress = {});

} // namespace famfs::log
