// The children of one directory in order of insertion, for readdir.
//
// Each gets the directory's next sequence number, which is its cookie. Numbers are never given
// twice (64 bits do not run out), so a cookie keeps its meaning whatever happens to the children
// around it: next(cookie) is the first child with a greater number. That is the promise "what stays
// throughout is seen exactly once". A removed child leaves a tombstone, because closing the gap at
// once would make removal O(n); as the position in the array means nothing to anyone, tombstones
// can be squeezed out at any time, and are once they outnumber the living. So memory follows the
// number of children, not the number of those that ever were: a million temporary files cost a
// squeeze now and then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace famfs::tree {

class Children {
public:
  struct Found {
    std::uint32_t slot = 0; // 0: no more
    std::uint64_t sequence = 0;
  };

  // Makes room for one add(), which then cannot fail. May throw std::bad_alloc.
  void reserve_one();
  std::uint64_t add(std::uint32_t slot) noexcept;                    // the sequence number
  void remove(std::uint64_t sequence) noexcept;                      // which is there
  void replace(std::uint64_t sequence, std::uint32_t slot) noexcept; // the same

  [[nodiscard]] Found next(std::uint64_t after) const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return items_.size() - tombstones_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return items_.capacity() * sizeof(Item); }

private:
  // Split in halves: with 8-byte alignment an item would take 16 bytes instead of 12.
  struct Item {
    std::uint32_t slot = 0; // 0: a tombstone
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    [[nodiscard]] std::uint64_t sequence() const noexcept {
      return static_cast<std::uint64_t>(high) << 32 | low;
    }
  };
  [[nodiscard]] std::size_t first_past(std::uint64_t sequence) const noexcept;
  [[nodiscard]] Item& item(std::uint64_t sequence) noexcept; // which is there
  void trim_ends() noexcept;
  void squeeze() noexcept;

  std::vector<Item> items_;    // by sequence
  std::size_t first_ = 0;      // items before it are tombstones
  std::size_t tombstones_ = 0; // with those
  std::uint64_t last_ = 0;     // the number given last
};

} // namespace famfs::tree
