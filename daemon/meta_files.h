// The .meta directory: superblock and log of the device as read-only files, for root. It is found
// by name and not listed by readdir, so that copies and comparisons of the whole tree do not meet
// it.
#pragma once

#include "format/superblock.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace famfs::daemon::meta {

// The tree gets there only after it has used one slot 2^31 times.
inline constexpr std::uint64_t kDirectory = std::uint64_t{1} << 63;
inline constexpr std::uint64_t kSuperblock = kDirectory + 1;
inline constexpr std::uint64_t kLog = kDirectory + 2;
inline constexpr std::string_view kDirectoryName = ".meta";

[[nodiscard]] constexpr bool is_meta(std::uint64_t node) noexcept {
  return node >= kDirectory;
}

// Where a file of .meta lies on the device. nullopt: not one of its files.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
[[nodiscard]] std::optional<Range> range(std::uint64_t node,
                                         const format::Geometry& geometry) noexcept;

// `parent` may be any node. nullopt: nothing of .meta has that name there.
[[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t parent,
                                                std::string_view name) noexcept;

struct Child {
  std::string_view name;
  std::uint64_t node;
};
inline constexpr Child kChildren[] = {{".superblock", kSuperblock}, {".log", kLog}};

} // namespace famfs::daemon::meta
