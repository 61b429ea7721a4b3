// The value of the extended attribute user.famfs.map: a file's map as YAML, for people and scripts.
#pragma once

#include "volume/volume.h"

#include <string>
#include <string_view>

namespace famfs::daemon {

inline constexpr std::string_view kMapAttribute = "user.famfs.map";

[[nodiscard]] std::string map_text(const volume::Volume::MapView& view);

} // namespace famfs::daemon
