// How the tree changes: everything that can fail comes first, so that a failure changes nothing.
#include "base/text.h"
#include "tree/impl.h"

#include <new>
#include <utility>

namespace famfs::tree {
namespace {

std::unexpected<Error> fail_stale(NodeId id) {
  return fail(Errc::stale, fmt::format("node {:#x}: it is gone: look it up again", id));
}

// Short enough for std::string to hold inside: a longer text would need the memory that is not
// there.
std::unexpected<Error> fail_memory() {
  return fail(Errc::no_memory, "out of memory");
}

void fill(Node& node, const NodeInfo& info) noexcept {
  node.uid = info.uid;
  node.gid = info.gid;
  node.mode = static_cast<std::uint16_t>(info.mode);
  node.pending = info.pending;
  node.flags = info.flags;
  node.size = info.size;
  node.entry = info.entry;
}

Content empty_content(Kind kind) {
  if (kind == Kind::directory) {
    return std::make_unique<Directory>();
  }
  return NoMap{};
}

Content content_of(const format::FileMap& map) {
  const bool plain = map.kind == format::MapKind::simple && map.chunk == 0;
  if (plain && map.extents.empty()) {
    return NoMap{};
  }
  if (plain && map.extents.size() == 1) {
    return map.extents[0];
  }
  return std::make_unique<format::FileMap>(map);
}

} // namespace

bool Tree::Impl::is_below(std::uint32_t slot, std::uint32_t above) const noexcept {
  while (slot != above && slot != kRootSlot) {
    slot = slots[slot].parent;
  }
  return slot == above;
}

Result<Node*> Tree::Impl::parent_for(NodeId parent, std::string_view name) {
  Node* node = slots.find(parent);
  if (node == nullptr) {
    return fail_stale(parent);
  }
  if (node->directory() == nullptr) {
    return fail(Errc::not_directory, fmt::format("\"{}\": \"{}\" is a file: give a directory",
                                                 printable(name), printable(node->name.view())));
  }
  if (name.empty()) {
    return fail(Errc::invalid, "\"\": an empty name: give one");
  }
  if (name.size() > Name::kMaxLength) {
    return fail(Errc::name_too_long,
                fmt::format("\"{}…\": a name of {} bytes: give at most {}",
                            printable(name.substr(0, 32)), name.size(), Name::kMaxLength));
  }
  return node;
}

void Tree::Impl::unlink(std::uint32_t slot) noexcept {
  const Node& node = slots[slot];
  names.erase(hash(node.parent, node.name.view()), slot);
  Directory& parent = *slots[node.parent].directory();
  parent.children.remove(node.sequence);
  parent.subdirectories -= node.directory() != nullptr ? 1 : 0;
}

void Tree::Impl::link(std::uint32_t slot, std::uint32_t parent, Name name,
                      std::uint32_t hash) noexcept {
  Node& node = slots[slot];
  Directory& directory = *slots[parent].directory();
  node.parent = parent;
  node.name = std::move(name);
  node.sequence = directory.children.add(slot);
  directory.subdirectories += node.directory() != nullptr ? 1 : 0;
  names.insert(hash, slot);
}

void Tree::Impl::drop(std::uint32_t slot) noexcept {
  --(slots[slot].directory() != nullptr ? directories : files);
  unlink(slot);
  slots.give_back(slot);
}

// The name keeps its place: who lists the directory meanwhile sees it once, as it was there
// throughout.
void Tree::Impl::replace(std::uint32_t file, std::uint32_t by) noexcept {
  unlink(by);
  Node& old = slots[file];
  Node& node = slots[by];
  Directory& parent = *slots[old.parent].directory();
  parent.children.replace(old.sequence, by);
  parent.subdirectories += node.directory() != nullptr ? 1 : 0;
  const std::uint32_t hashed = hash(old.parent, old.name.view());
  names.erase(hashed, file);
  names.insert(hashed, by);
  node.parent = old.parent;
  node.name = std::move(old.name);
  node.sequence = old.sequence;
  --files;
  slots.give_back(file);
}

Tree::Tree(std::uint32_t root_uid, std::uint32_t root_gid, std::uint32_t root_mode)
    : impl_(std::make_unique<Impl>()) {
  impl_->slots.reserve_one();
  Node& root = impl_->slots[impl_->slots.take()];
  root.content = empty_content(Kind::directory);
  root.parent = kRootSlot;
  fill(root, {.kind = Kind::directory, .uid = root_uid, .gid = root_gid, .mode = root_mode});
}

Result<void> Tree::set_info(NodeId id, const NodeInfo& info) {
  Node* node = impl_->slots.find(id);
  if (node == nullptr) {
    return fail_stale(id);
  }
  fill(*node, info);
  return {};
}

Result<void> Tree::set_map(NodeId id, const format::FileMap& map) {
  Node* node = impl_->slots.find(id);
  if (node == nullptr) {
    return fail_stale(id);
  }
  if (node->directory() != nullptr) {
    return fail(Errc::is_directory,
                fmt::format("\"{}\": a directory has no file map", printable(node->name.view())));
  }
  try {
    node->content = content_of(map);
    return {};
  } catch (const std::bad_alloc&) {
    return fail_memory();
  }
}

Result<NodeId> Tree::insert(NodeId parent, std::string_view name, const NodeInfo& info) {
  const auto found = impl_->parent_for(parent, name);
  if (!found) {
    return std::unexpected(found.error());
  }
  const std::uint32_t parent_slot = Slots::slot_of(parent);
  const std::uint32_t hash = impl_->hash(parent_slot, name);
  impl_->names.prefetch(hash); // a replay waits for this memory; what follows needs other memory
  try {
    impl_->slots.reserve_one();
    impl_->names.reserve_one();
    (*found)->directory()->children.reserve_one();
    Name own_name(name);
    Content content = empty_content(info.kind);
    if (impl_->find(hash, parent_slot, name) != 0) {
      return fail(Errc::exists,
                  fmt::format("\"{}\": it exists: give another name", printable(name)));
    }
    // From here on nothing fails.
    const std::uint32_t slot = impl_->slots.take();
    Node& node = impl_->slots[slot];
    node.content = std::move(content);
    fill(node, info);
    impl_->link(slot, parent_slot, std::move(own_name), hash);
    ++(info.kind == Kind::directory ? impl_->directories : impl_->files);
    return impl_->slots.id_of(slot);
  } catch (const std::bad_alloc&) {
    return fail_memory();
  }
}

Result<void> Tree::remove(NodeId id) {
  const Node* node = impl_->slots.find(id);
  if (node == nullptr) {
    return fail_stale(id);
  }
  if (id == kRoot) {
    return fail(Errc::invalid, "the root directory: it cannot be removed");
  }
  const Directory* directory = node->directory();
  if (directory != nullptr && directory->children.size() != 0) {
    return fail(Errc::not_empty,
                fmt::format("\"{}\": {} entries are in it: remove them first",
                            printable(node->name.view()), directory->children.size()));
  }
  impl_->drop(Slots::slot_of(id));
  return {};
}

Result<void> Tree::rename(NodeId id, NodeId new_parent, std::string_view new_name) {
  Node* node = impl_->slots.find(id);
  if (node == nullptr) {
    return fail_stale(id);
  }
  const auto found = impl_->parent_for(new_parent, new_name);
  if (!found) {
    return std::unexpected(found.error());
  }
  const std::uint32_t slot = Slots::slot_of(id);
  const std::uint32_t to = Slots::slot_of(new_parent);
  if (id == kRoot || impl_->is_below(to, slot)) {
    return fail(Errc::invalid, fmt::format("\"{}\": a directory cannot move to below itself",
                                           printable(node->name.view())));
  }
  const std::uint32_t there = impl_->find(to, new_name);
  if (there == slot) {
    return {};
  }
  if (there != 0 && impl_->slots[there].directory() != nullptr) {
    return fail(Errc::exists,
                fmt::format("\"{}\": a directory is there: remove it first", printable(new_name)));
  }
  if (there != 0) {
    impl_->replace(there, slot);
    return {};
  }
  try {
    Name own_name(new_name);
    if (node->parent != to) {
      (*found)->directory()->children.reserve_one();
    }
    // From here on nothing fails.
    if (node->parent == to) {
      impl_->names.erase(impl_->hash(to, node->name.view()), slot);
      node->name = std::move(own_name);
      impl_->names.insert(impl_->hash(to, node->name.view()), slot);
    } else {
      impl_->unlink(slot);
      impl_->link(slot, to, std::move(own_name), impl_->hash(to, new_name));
    }
    return {};
  } catch (const std::bad_alloc&) {
    return fail_memory();
  }
}

} // namespace famfs::tree
