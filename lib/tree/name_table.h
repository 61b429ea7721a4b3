// From the hash of (parent, name) to a slot: open addressing with linear probing, backward-shift
// deletion (no tombstones, so churn does not slow it down), growing by doubling. The hash is kept
// beside the slot: a probe touches a node only when all 32 bits agree, and growing touches none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace famfs::tree {

class NameTable {
public:
  // The slot with this hash for which is_it(slot) holds; 0: none.
  template <class IsIt> [[nodiscard]] std::uint32_t find(std::uint32_t hash, IsIt&& is_it) const {
    for (std::size_t i = home(hash);; i = after(i)) {
      const Cell& cell = cells_[i];
      if (cell.slot == 0 || (cell.hash == hash && is_it(cell.slot))) {
        return cell.slot;
      }
    }
  }

  // Asks for the memory that find() is going to look at.
  void prefetch(std::uint32_t hash) const noexcept { __builtin_prefetch(&cells_[home(hash)]); }

  // Makes room for one insert(), which then cannot fail. May throw std::bad_alloc.
  void reserve_one();
  void insert(std::uint32_t hash, std::uint32_t slot) noexcept; // which is not there; slot not 0
  void erase(std::uint32_t hash, std::uint32_t slot) noexcept;  // which is there

  [[nodiscard]] std::size_t heap_bytes() const noexcept { return cells_.capacity() * sizeof(Cell); }

private:
  struct Cell {
    std::uint32_t hash = 0;
    std::uint32_t slot = 0; // 0: empty
  };
  [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept {
    return hash & (cells_.size() - 1);
  }
  [[nodiscard]] std::size_t after(std::size_t i) const noexcept {
    return (i + 1) & (cells_.size() - 1);
  }

  std::vector<Cell> cells_ = std::vector<Cell>(16); // a power of two, at most three quarters in use
  std::size_t used_ = 0;
};

} // namespace famfs::tree
