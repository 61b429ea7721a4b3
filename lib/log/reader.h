// Reads the log: header, then entries in order up to the commit point. docs/format.md.
//
// Every structure is copied to private memory, checked, then used. A host without coherence sees
// another's writes only after it invalidates: the header is invalidated before each look, entries
// before their first read, and once more when one is not whole; then replay stops there and says
// so. Not thread-safe; one Reader per thread.
#pragma once

#include "base/error.h"
#include "format/entry.h"
#include "format/log_header.h"
#include "log/reporter.h"
#include "media/memory.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace famfs::log {

// Applies one whole, valid entry; returns the fault that makes the volume refuse it, if any.
using Apply =
    std::function<std::optional<format::Fault>(std::uint64_t index, const format::Entry&)>;

struct Replayed {
  std::uint64_t position = 0;  // next index to replay: where the next follow begins
  std::uint64_t committed = 0; // the header's next_index that bounded this replay
  std::uint64_t applied = 0;
  std::uint64_t refused = 0; // whole but wrong: skipped and reported
  bool stopped = false;      // an entry before `committed` was not whole
};

class Reader {
public:
  Reader(const media::Memory& memory, const format::Geometry& geometry);

  // The header, validated; Errc::corrupt carries the fault's description, and the reporter hears
  // it.
  [[nodiscard]] Result<format::LogHeader> header(Reporter& reporter) const;

  // Entries [from, next_index), at most `most` of them. `from` past next_index: the log went back
  // (another file system, or stale lines): nothing is applied, Errc::corrupt.
  [[nodiscard]] Result<Replayed> replay(std::uint64_t from, const Apply& apply, Reporter& reporter,
                                        std::uint64_t devices = 1,
                                        std::uint64_t most = UINT64_MAX) const;

  // One entry's bytes, as they lie there (for dump and fsck).
  [[nodiscard]] Result<format::EntryBytes> entry(std::uint64_t index) const;

private:
  const media::Memory& memory_;
  format::Geometry geometry_;
};

} // namespace famfs::log
