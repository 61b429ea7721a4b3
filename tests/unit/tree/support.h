// Short words for what the tree's tests do all the time.
#pragma once

#include "catch.h"
#include "tree/tree.h"

#include <string>
#include <vector>

namespace famfs::tree {

inline constexpr NodeInfo kFile{.kind = Kind::file, .uid = 1, .gid = 2, .mode = 0644};
inline constexpr NodeInfo kDirectory{.kind = Kind::directory, .uid = 3, .gid = 4, .mode = 0755};

inline NodeId add(Tree& tree, NodeId parent, std::string_view name, const NodeInfo& info = kFile) {
  const auto id = tree.insert(parent, name, info);
  REQUIRE(id);
  return *id;
}

inline std::vector<std::string> listing(const Tree& tree, NodeId directory) {
  std::vector<std::string> names;
  std::uint64_t cookie = 0;
  while (const auto child = tree.next_child(directory, cookie)) {
    names.emplace_back(child->name);
    REQUIRE(child->cookie > cookie);
    cookie = child->cookie;
  }
  return names;
}

inline format::FileMap one_extent(std::uint64_t offset) {
  format::FileMap map;
  map.extents.push_back({.device = 0, .offset = offset, .length = format::kAllocUnit});
  return map;
}

} // namespace famfs::tree
