// A node as it lies in its slot. Kept small: there are as many as files (tree.h has the promise).
#pragma once

#include "format/file_map.h"
#include "tree/children.h"
#include "tree/name.h"

#include <cstdint>
#include <memory>
#include <variant>

namespace famfs::tree {

struct Directory {
  Children children;
  std::uint64_t subdirectories = 0;
};

struct Vacant {};
struct NoMap {};

// What a node is: a directory, or a file with no extents, with one, or with any other map. One
// extent has its own place because nearly all files have one, and a FileMap takes 400 bytes.
using Content = std::variant<Vacant, std::unique_ptr<Directory>, NoMap, format::Extent,
                             std::unique_ptr<format::FileMap>>;

struct Node {
  std::uint64_t size = 0;
  std::uint64_t entry = 0;
  std::uint64_t sequence = 0; // among the parent's children
  Content content;
  Name name;
  std::uint32_t generation = 0;
  std::uint32_t parent = 0; // slot; while vacant: the next vacant slot
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t flags = 0;
  std::uint16_t mode = 0;
  bool pending = false;

  [[nodiscard]] bool vacant() const noexcept { return std::holds_alternative<Vacant>(content); }
  [[nodiscard]] Directory* directory() const noexcept {
    const auto* directory = std::get_if<std::unique_ptr<Directory>>(&content);
    return directory != nullptr ? directory->get() : nullptr;
  }
};
static_assert(sizeof(Node) == 96);

} // namespace famfs::tree
