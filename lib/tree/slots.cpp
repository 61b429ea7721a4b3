#include "tree/slots.h"

#include <limits>
#include <new>
#include <utility>

namespace famfs::tree {
namespace {

constexpr std::size_t kBlockOverhead = 16; // what malloc adds to a block, about

std::size_t heap_bytes_of(const Node& node) noexcept {
  std::size_t bytes = node.name.heap_bytes() + (node.name.heap_bytes() > 0 ? kBlockOverhead : 0);
  if (const Directory* directory = node.directory()) {
    bytes += sizeof(Directory) + directory->children.heap_bytes() + 2 * kBlockOverhead;
  } else if (std::holds_alternative<std::unique_ptr<format::FileMap>>(node.content)) {
    bytes += sizeof(format::FileMap) + kBlockOverhead;
  }
  return bytes;
}

} // namespace

const Node* Slots::find(NodeId id) const noexcept {
  const std::uint32_t slot = slot_of(id);
  if (slot == 0 || slot >= fresh_) {
    return nullptr;
  }
  const Node& node = (*this)[slot];
  return !node.vacant() && node.generation == id >> 32 ? &node : nullptr;
}

void Slots::reserve_one() {
  if (vacant_ != 0 || fresh_ < chunks_.size() * kChunk) {
    return;
  }
  if (fresh_ > std::numeric_limits<std::uint32_t>::max() - kChunk) {
    throw std::bad_alloc();
  }
  chunks_.push_back(std::make_unique<Node[]>(kChunk));
}

std::uint32_t Slots::take() noexcept {
  if (vacant_ != 0) {
    return std::exchange(vacant_, (*this)[vacant_].parent);
  }
  return fresh_++;
}

void Slots::give_back(std::uint32_t slot) noexcept {
  Node& node = (*this)[slot];
  const std::uint32_t generation = node.generation + 1;
  node = Node{};
  node.generation = generation;
  // A slot that has been through all generations is given up: its ids would come again.
  if (generation != 0) {
    node.parent = std::exchange(vacant_, slot);
  }
}

std::size_t Slots::heap_bytes() const noexcept {
  std::size_t bytes = chunks_.capacity() * sizeof(chunks_[0]) +
                      chunks_.size() * (kChunk * sizeof(Node) + kBlockOverhead);
  for (std::uint32_t slot = 1; slot < fresh_; ++slot) {
    bytes += heap_bytes_of((*this)[slot]);
  }
  return bytes;
}

} // namespace famfs::tree
