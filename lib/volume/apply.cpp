#include "volume/apply.h"

#include "base/text.h"
#include "volume/guarded.h"

#include <fmt/format.h>

#include <new>
#include <string_view>
#include <variant>

namespace famfs::volume {

namespace {

using format::Fault;
using format::FaultKind;
using tree::NodeId;

struct SplitPath {
  std::string_view parent; // empty: the root
  std::string_view name;
};

SplitPath split(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {.parent = {}, .name = path};
  }
  return {.parent = path.substr(0, slash), .name = path.substr(slash + 1)};
}

// All of a file's extents, or none.
bool claim(alloc::Allocator& allocator, const format::Extents& extents) {
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (allocator.claim(extents[i])) {
      continue;
    }
    while (i-- > 0) {
      allocator.free(extents[i]);
    }
    return false;
  }
  return true;
}

class Applier {
public:
  Applier(Contents& contents, std::uint64_t index) : contents_(contents), index_(index) {}

  std::optional<Fault> operator()(const format::FileEntry& file) {
    const SplitPath path = split(file.path.view());
    const auto parent = find_parent(path.parent);
    const bool claimed = claim(contents_.allocator, file.map.extents);
    if (!parent) {
      return fault(parent.error(), file.path);
    }
    if (!claimed) {
      return unclaimed(*parent, path.name, file);
    }
    try {
      return insert(*parent, path.name, file);
    } catch (const std::bad_alloc&) {
      contents_.allocator.free(file.map);
      throw;
    }
  }

  std::optional<Fault> operator()(const format::MkdirEntry& directory) {
    const SplitPath path = split(directory.path.view());
    const auto parent = find_parent(path.parent);
    if (!parent) {
      return fault(parent.error(), directory.path);
    }
    const auto inserted = contents_.tree.insert(*parent, path.name,
                                                {.kind = tree::Kind::directory,
                                                 .uid = directory.uid,
                                                 .gid = directory.gid,
                                                 .mode = directory.mode,
                                                 .entry = index_});
    return inserted ? std::nullopt : refusal(inserted.error(), directory.path);
  }

  // Nothing to do until a file system may span devices: decode_entry() refuses extents on others.
  std::optional<Fault> operator()(const format::AddDeviceEntry&) { return std::nullopt; }

  std::optional<Fault> operator()(const format::OtherEntry& other) {
    return Fault{.kind = FaultKind::entry_type,
                 .entry = index_,
                 .offset = format::entry_offset(index_),
                 .what = fmt::format("type {} is not one we know", other.type)};
  }

private:
  std::optional<Fault> insert(NodeId parent, std::string_view name, const format::FileEntry& file) {
    auto& tree = contents_.tree;
    const auto node = tree.insert(parent, name,
                                  {.kind = tree::Kind::file,
                                   .uid = file.uid,
                                   .gid = file.gid,
                                   .mode = file.mode,
                                   .flags = file.flags,
                                   .size = file.size,
                                   .entry = index_});
    if (!node) {
      return refusal(node.error(), file.path);
    }
    if (!tree.set_map(*node, file.map)) { // no memory: it is a file, and it is there
      cannot_fail(tree.remove(*node));
      throw std::bad_alloc();
    }
    return std::nullopt;
  }

  // May be a file: insert() finds that by itself, and a replay is hurried.
  std::expected<NodeId, FaultKind> find_parent(std::string_view path) const {
    if (path.empty()) {
      return tree::kRoot;
    }
    const auto& tree = contents_.tree;
    if (const auto found = tree.find_path(path)) {
      return *found;
    }
    // Which of the two it is: is there a file on the way?
    while (!path.empty()) {
      if (const auto on_the_way = tree.find_path(path); on_the_way && is_file(*on_the_way)) {
        return std::unexpected(FaultKind::path_parent_is_file);
      }
      path = split(path).parent;
    }
    return std::unexpected(FaultKind::path_parent_missing);
  }

  [[nodiscard]] bool is_file(NodeId id) const {
    return contents_.tree.info(id)->kind == tree::Kind::file;
  }

  [[nodiscard]] Fault fault(FaultKind kind, const format::RelPath& path) const {
    return {.kind = kind,
            .entry = index_,
            .offset = format::entry_offset(index_),
            .what = fmt::format("path \"{}\": {}", printable(path.view()), format::meaning(kind))};
  }

  // Why the tree did not take a node.
  [[nodiscard]] std::optional<Fault> refusal(const Error& error,
                                             const format::RelPath& path) const {
    if (error.code == Errc::no_memory) {
      throw std::bad_alloc();
    }
    return fault(error.code == Errc::not_directory ? FaultKind::path_parent_is_file
                                                   : FaultKind::path_duplicate,
                 path);
  }

  // Space that is taken may be all that is wrong, or come with a path that is wrong.
  [[nodiscard]] Fault unclaimed(NodeId parent, std::string_view name,
                                const format::FileEntry& file) {
    if (is_file(parent)) {
      return fault(FaultKind::path_parent_is_file, file.path);
    }
    return contents_.tree.find(parent, name) ? fault(FaultKind::path_duplicate, file.path)
                                             : overlap(file);
  }

  [[nodiscard]] Fault overlap(const format::FileEntry& file) {
    for (std::size_t i = 0; i < file.map.extents.size(); ++i) {
      const auto& extent = file.map.extents[i];
      if (contents_.allocator.claim(extent)) {
        contents_.allocator.free(extent);
        continue;
      }
      return {.kind = FaultKind::extent_overlap,
              .entry = index_,
              .offset = format::entry_offset(index_),
              .what = fmt::format("path \"{}\": extent {} at {:#x}, length {:#x}, holds space that "
                                  "is another file's",
                                  printable(file.path.view()), i, extent.offset, extent.length)};
    }
    return fault(FaultKind::extent_overlap, file.path);
  }

  Contents& contents_;
  std::uint64_t index_;
};

} // namespace

std::optional<format::Fault> apply(Contents& contents, std::uint64_t index,
                                   const format::Entry& entry) {
  return std::visit(Applier(contents, index), entry.body);
}

} // namespace famfs::volume
