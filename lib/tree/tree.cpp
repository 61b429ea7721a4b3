#include "tree/impl.h"

#include <ranges>

namespace famfs::tree {
namespace {

struct SplitPath {
  std::string_view directory; // "" when there is no '/'
  std::string_view leaf;
};

SplitPath split(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {{}, path};
  }
  return {path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace

std::uint32_t Tree::Impl::find(std::uint32_t hash, std::uint32_t parent,
                               std::string_view name) const noexcept {
  return names.find(hash, [&](std::uint32_t slot) {
    const Node& node = slots[slot];
    return node.parent == parent && node.name.view() == name;
  });
}

// From the leaf up: the nodes of the directory that is being filled are all in the cache.
bool Tree::Impl::has_path(std::uint32_t slot, std::string_view path) const noexcept {
  for (;;) {
    const auto [directory, leaf] = split(path);
    const Node& node = slots[slot];
    if (slot == kRootSlot || node.name.view() != leaf) {
      return false;
    }
    if (leaf.size() == path.size()) {
      return node.parent == kRootSlot;
    }
    path = directory;
    slot = node.parent;
  }
}

// 0: not there. The last component may be a file.
std::uint32_t Tree::Impl::walk(std::string_view path) const noexcept {
  std::uint32_t slot = kRootSlot;
  while (slot != 0) {
    const std::size_t slash = path.find('/');
    slot = find(slot, path.substr(0, slash));
    if (slash == std::string_view::npos) {
      break;
    }
    path.remove_prefix(slash + 1);
  }
  return slot;
}

Tree::~Tree() = default;

std::optional<NodeId> Tree::find(NodeId parent, std::string_view name) const {
  if (impl_->slots.find(parent) == nullptr) {
    return std::nullopt;
  }
  const std::uint32_t slot = impl_->find(Slots::slot_of(parent), name);
  return slot != 0 ? std::optional(impl_->slots.id_of(slot)) : std::nullopt;
}

std::optional<NodeId> Tree::find_path(std::string_view path) const {
  if (path.empty()) {
    return kRoot;
  }
  const NodeId hint = impl_->last_directory.load(std::memory_order_relaxed);
  const std::uint32_t hinted =
      impl_->slots.find(hint) != nullptr ? Slots::slot_of(hint) : kRootSlot;
  if (impl_->has_path(hinted, path)) {
    return hint;
  }
  const auto [directory, leaf] = split(path);
  std::uint32_t parent = kRootSlot;
  if (leaf.size() != path.size()) {
    parent = impl_->has_path(hinted, directory) ? hinted : impl_->walk(directory);
  }
  const std::uint32_t slot = parent != 0 ? impl_->find(parent, leaf) : 0;
  if (slot == 0) {
    return std::nullopt;
  }
  const bool is_directory = impl_->slots[slot].directory() != nullptr;
  impl_->last_directory.store(impl_->slots.id_of(is_directory ? slot : parent),
                              std::memory_order_relaxed);
  return impl_->slots.id_of(slot);
}

std::optional<NodeInfo> Tree::info(NodeId id) const {
  const Node* node = impl_->slots.find(id);
  if (node == nullptr) {
    return std::nullopt;
  }
  return NodeInfo{.kind = node->directory() != nullptr ? Kind::directory : Kind::file,
                  .uid = node->uid,
                  .gid = node->gid,
                  .mode = node->mode,
                  .pending = node->pending,
                  .flags = node->flags,
                  .size = node->size,
                  .entry = node->entry};
}

format::FileMap Tree::map(NodeId id) const {
  format::FileMap map;
  const Node* node = impl_->slots.find(id);
  if (node == nullptr) {
    return map;
  }
  if (const auto* extent = std::get_if<format::Extent>(&node->content)) {
    map.extents.push_back(*extent);
  } else if (const auto* other = std::get_if<std::unique_ptr<format::FileMap>>(&node->content)) {
    map = **other;
  }
  return map;
}

std::optional<Child> Tree::next_child(NodeId directory, std::uint64_t cookie) const {
  const Node* node = impl_->slots.find(directory);
  if (node == nullptr || node->directory() == nullptr) {
    return std::nullopt;
  }
  const Children::Found found = node->directory()->children.next(cookie);
  if (found.slot == 0) {
    return std::nullopt;
  }
  return Child{.name = impl_->slots[found.slot].name.view(),
               .id = impl_->slots.id_of(found.slot),
               .cookie = found.sequence};
}

std::uint64_t Tree::child_count(NodeId directory) const {
  const Node* node = impl_->slots.find(directory);
  return node != nullptr && node->directory() != nullptr ? node->directory()->children.size() : 0;
}

std::uint64_t Tree::subdirectory_count(NodeId directory) const {
  const Node* node = impl_->slots.find(directory);
  return node != nullptr && node->directory() != nullptr ? node->directory()->subdirectories : 0;
}

NodeId Tree::parent(NodeId id) const {
  const Node* node = impl_->slots.find(id);
  return node != nullptr ? impl_->slots.id_of(node->parent) : 0;
}

std::string Tree::name(NodeId id) const {
  const Node* node = impl_->slots.find(id);
  return std::string(node != nullptr ? node->name.view() : std::string_view{});
}

std::string Tree::path(NodeId id) const {
  if (impl_->slots.find(id) == nullptr) {
    return {};
  }
  std::vector<std::string_view> names;
  for (std::uint32_t slot = Slots::slot_of(id); slot != kRootSlot;
       slot = impl_->slots[slot].parent) {
    names.push_back(impl_->slots[slot].name.view());
  }
  std::string path;
  for (const std::string_view name : std::views::reverse(names)) {
    path.append(path.empty() ? "" : "/").append(name);
  }
  return path;
}

std::uint64_t Tree::files() const noexcept {
  return impl_->files;
}

std::uint64_t Tree::directories() const noexcept {
  return impl_->directories;
}

std::size_t Tree::memory_bytes() const noexcept {
  return sizeof(Impl) + impl_->slots.heap_bytes() + impl_->names.heap_bytes();
}

} // namespace famfs::tree
