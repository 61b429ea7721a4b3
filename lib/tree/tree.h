// The namespace: directories and files that replay yields, and those that are pending. RAM only.
//
// Not thread-safe: the volume's lock guards it; const calls may overlap. Names are bytes, 1 to 255
// of them. Look-ups are O(1) in the size of the directory, whatever the names: the hash is keyed. A
// node costs well under 200 bytes and its name. A NodeId is never given to another node: it holds a
// slot and the slot's generation, so a stale id is found to be stale (a slot whose generations are
// used up is not used again). Running out of memory is Errc::no_memory and changes nothing.
#pragma once

#include "base/error.h"
#include "format/file_map.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::tree {

using NodeId = std::uint64_t; // generation in the high 32 bits, slot in the low; never 0
inline constexpr NodeId kRoot = 1;

enum class Kind : std::uint8_t { directory, file };

struct NodeInfo {
  Kind kind = Kind::file;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0; // permission bits
  bool pending = false;
  std::uint32_t flags = 0; // FileEntry::flags
  std::uint64_t size = 0;  // committed size; pending: whatever was set last
  std::uint64_t entry = 0; // index in the log that made it; meaningless while pending
};

struct Child {
  std::string_view name; // valid until the tree changes
  NodeId id = 0;
  std::uint64_t cookie = 0; // where to go on after this one
};

class Tree {
public:
  Tree(std::uint32_t root_uid, std::uint32_t root_gid, std::uint32_t root_mode);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  [[nodiscard]] std::optional<NodeId> find(NodeId parent, std::string_view name) const;
  // Walks a relative path of the format ("a/b/c"; "" is the root). The last directory walked is
  // remembered, so that a log that fills one directory after the other replays fast; as a hint that
  // is checked against the path, so nothing has to keep it true.
  [[nodiscard]] std::optional<NodeId> find_path(std::string_view path) const;

  [[nodiscard]] std::optional<NodeInfo> info(NodeId id) const;          // nullopt: stale
  [[nodiscard]] Result<void> set_info(NodeId id, const NodeInfo& info); // kind stays
  [[nodiscard]] format::FileMap map(NodeId id) const; // empty for directories and stale ids
  // stale, is_directory, no_memory: the map is as it was.
  [[nodiscard]] Result<void> set_map(NodeId id, const format::FileMap& map);

  // exists: the name is taken; not_directory, stale: the parent is not one; name_too_long; invalid:
  // an empty name. Any other is taken as it is: rules on names are the caller's.
  [[nodiscard]] Result<NodeId> insert(NodeId parent, std::string_view name, const NodeInfo& info);
  [[nodiscard]] Result<void> remove(NodeId id); // not_empty for a directory with children; stale
  // Moves to a name; a file that is there is removed by the same step; to its own is a no-op. The
  // id stays. exists: a directory is there; invalid: the root, or a directory to somewhere below
  // itself; else as insert.
  [[nodiscard]] Result<void> rename(NodeId id, NodeId new_parent, std::string_view new_name);

  // Children in order of insertion, starting after `cookie` (0: from the start). Stable: what stays
  // throughout is seen exactly once, whatever is inserted or removed between calls. A cookie is a
  // number given once per directory, in order; a rename in it keeps it, one over a file takes its.
  [[nodiscard]] std::optional<Child> next_child(NodeId directory, std::uint64_t cookie) const;
  [[nodiscard]] std::uint64_t child_count(NodeId directory) const;
  [[nodiscard]] std::uint64_t subdirectory_count(NodeId directory) const; // for st_nlink

  [[nodiscard]] NodeId parent(NodeId id) const; // the root's is the root; 0: stale
  [[nodiscard]] std::string name(NodeId id) const;
  [[nodiscard]] std::string path(NodeId id) const; // relative, as the format has it; root: ""

  [[nodiscard]] std::uint64_t files() const noexcept;
  [[nodiscard]] std::uint64_t directories() const noexcept; // without the root
  [[nodiscard]] std::size_t memory_bytes() const noexcept;  // for the test of the promise above

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace famfs::tree
