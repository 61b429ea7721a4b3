// Where nodes live: slots in chunks that never move, so that a name stays where it is. Slot 0 is no
// slot; vacant ones are used again, last in first out, as they are in the cache.
#pragma once

#include "tree/node.h"
#include "tree/tree.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace famfs::tree {

class Slots {
public:
  [[nodiscard]] Node& operator[](std::uint32_t slot) noexcept {
    return chunks_[slot / kChunk][slot % kChunk];
  }
  [[nodiscard]] const Node& operator[](std::uint32_t slot) const noexcept {
    return chunks_[slot / kChunk][slot % kChunk];
  }
  [[nodiscard]] static std::uint32_t slot_of(NodeId id) noexcept {
    return static_cast<std::uint32_t>(id);
  }
  [[nodiscard]] NodeId id_of(std::uint32_t slot) const noexcept {
    return static_cast<NodeId>((*this)[slot].generation) << 32 | slot;
  }
  // nullptr: stale, or never was.
  [[nodiscard]] const Node* find(NodeId id) const noexcept;
  [[nodiscard]] Node* find(NodeId id) noexcept {
    return const_cast<Node*>(static_cast<const Slots*>(this)->find(id));
  }

  // Makes room for one take(), which then cannot fail. May throw std::bad_alloc.
  void reserve_one();
  [[nodiscard]] std::uint32_t take() noexcept; // its content is to be set at once
  void give_back(std::uint32_t slot) noexcept;

  // With what hangs on the nodes.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

private:
  static constexpr std::uint32_t kChunk = 1024;
  std::vector<std::unique_ptr<Node[]>> chunks_;
  std::uint32_t fresh_ = 1;  // never used from here on
  std::uint32_t vacant_ = 0; // first of the list through Node::parent; 0: none
};

} // namespace famfs::tree
