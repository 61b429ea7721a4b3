// This host's system UUID, which decides master or client (docs/format.md, "Roles").
#pragma once

#include "base/error.h"
#include "base/uuid.h"

#include <filesystem>

namespace famfs {

struct HostIdFiles {
  std::filesystem::path public_file = "/opt/famfs/system_uuid"; // the public famfs tools' place
  std::filesystem::path own_file = "/etc/famfs/system_uuid";    // made when there is neither
};

enum class HostIdMode { read_only, create };

// Reads public_file, else own_file (36 characters, then optionally NUL or newline). With
// HostIdMode::create and neither there, makes own_file (0444, atomically: two racing makers agree).
// A file that is there and malformed is an error that names it, never replaced.
[[nodiscard]] Result<Uuid> host_uuid(HostIdMode mode, const HostIdFiles& files = {});

} // namespace famfs
