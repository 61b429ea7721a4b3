// famfs.yaml as everybody reads it: base knows its keys, and here every value is held against the
// rules of the module that it is for. Thread-safe: values only.
#pragma once

#include "base/config.h"

namespace famfs::volume {

// The whole file. Errors are one line that names file, line and column.
[[nodiscard]] Result<ConfigFile> read_defaults(const ConfigSource& source);

} // namespace famfs::volume
