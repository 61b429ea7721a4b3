#include "alloc/bitmap.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace famfs::alloc {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr std::uint64_t kWordBits = 64;

// `flip` kAll looks for clear bits, 0 for set ones.
std::uint64_t next(const std::uint64_t* words, std::uint64_t begin, std::uint64_t end,
                   std::uint64_t flip) noexcept {
  if (begin >= end) {
    return end;
  }
  std::uint64_t index = begin / kWordBits;
  std::uint64_t word = (words[index] ^ flip) & (kAll << begin % kWordBits);
  while (word == 0) {
    ++index;
    if (index * kWordBits >= end) {
      return end;
    }
    word = words[index] ^ flip;
  }
  return std::min(end, index * kWordBits + static_cast<std::uint64_t>(std::countr_zero(word)));
}

// fn(index of the word, mask of the bits of it that are in the range)
template <class Fn> void for_words(std::uint64_t begin, std::uint64_t end, Fn&& fn) {
  while (begin < end) {
    const std::uint64_t shift = begin % kWordBits;
    const std::uint64_t length = std::min(kWordBits - shift, end - begin);
    fn(begin / kWordBits, (kAll >> (kWordBits - length)) << shift);
    begin += length;
  }
}

} // namespace

std::optional<Bitmap> Bitmap::make(std::uint64_t bits) {
  const std::uint64_t count = bits / kWordBits + 1; // calloc(0) may be null without being a failure
  Words words(static_cast<std::uint64_t*>(std::calloc(count, sizeof(std::uint64_t))));
  if (!words) {
    return std::nullopt;
  }
  return Bitmap(std::move(words), bits);
}

std::uint64_t Bitmap::next_set(std::uint64_t begin, std::uint64_t end) const noexcept {
  assert(end <= bits_);
  return next(words_.get(), begin, end, 0);
}

std::uint64_t Bitmap::next_clear(std::uint64_t begin, std::uint64_t end) const noexcept {
  assert(end <= bits_);
  return next(words_.get(), begin, end, kAll);
}

std::uint64_t Bitmap::count_set(std::uint64_t begin, std::uint64_t end) const noexcept {
  assert(end <= bits_);
  std::uint64_t count = 0;
  for_words(begin, end, [&](std::uint64_t index, std::uint64_t mask) {
    count += static_cast<std::uint64_t>(std::popcount(words_[index] & mask));
  });
  return count;
}

std::uint64_t Bitmap::set(std::uint64_t begin, std::uint64_t end) noexcept {
  assert(end <= bits_);
  std::uint64_t changed = 0;
  for_words(begin, end, [&](std::uint64_t index, std::uint64_t mask) {
    changed += static_cast<std::uint64_t>(std::popcount(~words_[index] & mask));
    words_[index] |= mask;
  });
  return changed;
}

std::uint64_t Bitmap::clear(std::uint64_t begin, std::uint64_t end) noexcept {
  assert(end <= bits_);
  std::uint64_t changed = 0;
  for_words(begin, end, [&](std::uint64_t index, std::uint64_t mask) {
    changed += static_cast<std::uint64_t>(std::popcount(words_[index] & mask));
    words_[index] &= ~mask;
  });
  return changed;
}

} // namespace famfs::alloc
