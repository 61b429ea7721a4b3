// Writes what a survey found below a directory. Names and modes come from the media: nothing is
// followed or written outside that directory, nothing that is there is written over, and no bits
// but those of permission are set.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "media/bad_ranges.h"
#include "media/memory.h"
#include "volume/salvage.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace famfs::tools {

struct DamagedFile {
  std::string path;
  media::BadRanges bad; // in offsets of the file: zeroes stand there
};

struct Salvaged {
  std::uint64_t files = 0; // whole or damaged
  std::uint64_t directories = 0;
  std::uint64_t bytes = 0; // of those files
  std::vector<DamagedFile> damaged;
  std::uint64_t failed = 0; // could not be written
  bool interrupted = false;
};

struct SalvageCalls {
  std::function<bool(std::uint64_t bytes)> go_on; // so many more were written; false: stop
  std::function<void(const Error&)> failed;       // names the file or directory
};

// `root`: the directory, open. An error only when nothing more can be done (no space); a file that
// was being written is removed then, as by an interrupt.
[[nodiscard]] Result<Salvaged> salvage(const media::Memory& memory, const media::BadRanges& bad,
                                       const volume::Survey& survey, const UniqueFd& root,
                                       const SalvageCalls& calls);

} // namespace famfs::tools
