#include "tree/name_table.h"

#include <cassert>
#include <utility>

namespace famfs::tree {

void NameTable::reserve_one() {
  if (used_ + 1 <= cells_.size() / 4 * 3) {
    return;
  }
  std::vector<Cell> old(cells_.size() * 2);
  std::swap(old, cells_);
  used_ = 0;
  for (const Cell& cell : old) {
    if (cell.slot != 0) {
      insert(cell.hash, cell.slot);
    }
  }
}

void NameTable::insert(std::uint32_t hash, std::uint32_t slot) noexcept {
  assert(slot != 0 && used_ < cells_.size() - 1);
  std::size_t i = home(hash);
  while (cells_[i].slot != 0) {
    i = after(i);
  }
  cells_[i] = {hash, slot};
  ++used_;
}

void NameTable::erase(std::uint32_t hash, std::uint32_t slot) noexcept {
  std::size_t hole = home(hash);
  while (cells_[hole].slot != slot) {
    assert(cells_[hole].slot != 0);
    hole = after(hole);
  }
  // What follows without a gap moves up, unless that would take it to before its home.
  for (std::size_t i = after(hole); cells_[i].slot != 0; i = after(i)) {
    const std::size_t mask = cells_.size() - 1;
    if (((i - home(cells_[i].hash)) & mask) >= ((i - hole) & mask)) {
      cells_[hole] = cells_[i];
      hole = i;
    }
  }
  cells_[hole] = {};
  --used_;
}

} // namespace famfs::tree
