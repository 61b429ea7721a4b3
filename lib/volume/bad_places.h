// What lies where memory is bad, for people: fsck and status.
#pragma once

#include "format/file_map.h"
#include "format/superblock.h"
#include "media/bad_ranges.h"
#include "tree/tree.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::volume {

enum class BadWhere : std::uint8_t {
  superblock,
  log,
  file,
  free_space,
  unused, // between superblock and log, or past the last allocation unit
  unknown // there is no file system to ask
};
[[nodiscard]] std::string_view name(BadWhere where) noexcept; // "free-space": for JSON

struct BadPlace {
  media::BadRange range;
  BadWhere where = BadWhere::unknown;
  std::string file; // relative path

  // Something is lost, or will be.
  [[nodiscard]] bool harms() const noexcept {
    return where == BadWhere::superblock || where == BadWhere::log || where == BadWhere::file;
  }
  [[nodiscard]] std::string text() const; // "bad memory at 0x…, 4096 bytes: in file a/b: …"
};

// The map of a file: the tree's own, or a pending one's.
using MapOf = std::function<format::FileMap(tree::NodeId, const tree::NodeInfo&)>;

// One for each range and each thing that is in it, in the order of the ranges. Walks the tree when
// there is a range at all.
[[nodiscard]] std::vector<BadPlace> bad_places(const media::BadRanges& bad,
                                               const format::Geometry& geometry,
                                               const tree::Tree& tree, const MapOf& map_of);
// The same of a device without a usable file system.
[[nodiscard]] std::vector<BadPlace> bad_places(const media::BadRanges& bad);

// fn(id, info) for every file, until it returns false.
void for_each_file(const tree::Tree& tree,
                   const std::function<bool(tree::NodeId, const tree::NodeInfo&)>& fn);
[[nodiscard]] bool touches(const format::FileMap& map, std::uint64_t offset,
                           std::uint64_t length) noexcept;

} // namespace famfs::volume
