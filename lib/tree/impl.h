// What the parts of Tree share. Slots here, not ids: they are known to be good.
#pragma once

#include "tree/name_table.h"
#include "tree/siphash.h"
#include "tree/slots.h"
#include "tree/tree.h"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace famfs::tree {

inline constexpr std::uint32_t kRootSlot = 1;
static_assert(kRoot == kRootSlot, "the root is the first slot's first generation");

struct Tree::Impl {
  Slots slots;
  NameTable names;
  HashKey key = random_hash_key();
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  // Atomic because const calls overlap; any value is good, as it is checked before it is used.
  std::atomic<NodeId> last_directory = kRoot;

  [[nodiscard]] std::uint32_t hash(std::uint32_t parent, std::string_view name) const noexcept {
    return static_cast<std::uint32_t>(siphash13(key, parent, name));
  }
  [[nodiscard]] std::uint32_t find(std::uint32_t parent, std::string_view name) const noexcept {
    return find(hash(parent, name), parent, name);
  }
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, std::uint32_t parent,
                                   std::string_view name) const noexcept;
  [[nodiscard]] std::uint32_t walk(std::string_view path) const noexcept;
  [[nodiscard]] bool has_path(std::uint32_t slot, std::string_view path) const noexcept;
  [[nodiscard]] bool is_below(std::uint32_t slot, std::uint32_t above) const noexcept;
  [[nodiscard]] Result<Node*> parent_for(NodeId parent, std::string_view name);
  void unlink(std::uint32_t slot) noexcept;
  void drop(std::uint32_t slot) noexcept;
  void link(std::uint32_t slot, std::uint32_t parent, Name name, std::uint32_t hash) noexcept;
  void replace(std::uint32_t file, std::uint32_t by) noexcept;
};

} // namespace famfs::tree
