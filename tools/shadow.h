// `famfs logplay --shadow`: the namespace as a tree of YAML files, one a file, below a directory.
// Names come from the media: nothing is followed or written outside that directory.
#pragma once

#include "base/error.h"
#include "volume/volume.h"

#include <cstdint>
#include <functional>
#include <string>

namespace famfs::tools {

struct ShadowReport {
  std::uint64_t files = 0;       // written
  std::uint64_t directories = 0; // new ones
  std::uint64_t failed = 0;
};

// `failed` hears of each file or directory that could not be written; the others are. `next` is
// asked before each file, with how many were written; false: stop there.
[[nodiscard]] Result<ShadowReport> write_shadow(volume::Volume& volume,
                                                const std::string& directory,
                                                const std::function<void(const Error&)>& failed,
                                                const std::function<bool(std::uint64_t)>& next);

} // namespace famfs::tools
