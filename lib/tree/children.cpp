#include "tree/children.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace famfs::tree {
namespace {

// Below it a squeeze is not worth its while.
constexpr std::size_t kFewTombstones = 32;

} // namespace

void Children::reserve_one() {
  if (items_.size() == items_.capacity()) {
    items_.reserve(std::max<std::size_t>(4, items_.size() * 2));
  }
}

std::uint64_t Children::add(std::uint32_t slot) noexcept {
  ++last_;
  items_.push_back(
      {slot, static_cast<std::uint32_t>(last_), static_cast<std::uint32_t>(last_ >> 32)});
  return last_;
}

std::size_t Children::first_past(std::uint64_t sequence) const noexcept {
  if (items_.empty() || sequence < items_.front().sequence()) {
    return 0;
  }
  // Exact while nothing was squeezed out, and never too low: numbers grow by one or more.
  const std::uint64_t guess = sequence - items_.front().sequence() + 1;
  const std::size_t end = std::min<std::uint64_t>(guess, items_.size());
  if (items_[end - 1].sequence() <= sequence) {
    return end;
  }
  const auto last = items_.begin() + static_cast<std::ptrdiff_t>(end);
  const auto past = std::ranges::upper_bound(items_.begin(), last, sequence, {}, &Item::sequence);
  return static_cast<std::size_t>(past - items_.begin());
}

Children::Found Children::next(std::uint64_t after) const noexcept {
  for (std::size_t i = std::max(first_, first_past(after)); i < items_.size(); ++i) {
    if (items_[i].slot != 0) {
      return {items_[i].slot, items_[i].sequence()};
    }
  }
  return {};
}

Children::Item& Children::item(std::uint64_t sequence) noexcept {
  const std::size_t past = first_past(sequence);
  assert(past > 0 && items_[past - 1].sequence() == sequence && items_[past - 1].slot != 0);
  return items_[past - 1];
}

void Children::replace(std::uint64_t sequence, std::uint32_t slot) noexcept {
  item(sequence).slot = slot;
}

void Children::remove(std::uint64_t sequence) noexcept {
  item(sequence).slot = 0;
  ++tombstones_;
  trim_ends();
  if (tombstones_ > kFewTombstones && tombstones_ > size()) {
    squeeze();
  }
}

// At the end they go for nothing; at the begin they would be walked over again and again by a
// program that removes what it lists.
void Children::trim_ends() noexcept {
  while (!items_.empty() && items_.back().slot == 0) {
    items_.pop_back();
    --tombstones_;
  }
  first_ = std::min(first_, items_.size());
  while (first_ < items_.size() && items_[first_].slot == 0) {
    ++first_;
  }
}

void Children::squeeze() noexcept {
  std::erase_if(items_, [](const Item& item) { return item.slot == 0; });
  tombstones_ = 0;
  first_ = 0;
  if (items_.capacity() / 4 > items_.size()) {
    try {
      items_.shrink_to_fit();
    } catch (const std::bad_alloc&) {
      return; // it stays as large as it is
    }
  }
}

} // namespace famfs::tree
