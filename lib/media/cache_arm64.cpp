#include "media/cache.h"

#include <cstring>

namespace famfs::media {
namespace {

// Lines may be larger than ours (then some are visited twice) or smaller (then ours would skip
// some).
std::size_t step() noexcept {
  static const std::size_t bytes = [] {
    std::uint64_t ctr = 0;
    asm("mrs %0, ctr_el0" : "=r"(ctr));
    const std::size_t line = std::size_t{4} << ((ctr >> 16) & 0xF); // DminLine: log2 of words
    return line < kCacheLine ? line : kCacheLine;
  }();
  return bytes;
}

std::uintptr_t first_line(const void* address, std::size_t bytes) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) & ~std::uintptr_t{bytes - 1};
}

std::uintptr_t end_of(const void* address, std::size_t length) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) + length;
}

} // namespace

CacheOps cache_ops() noexcept {
  return CacheOps::arm64;
}

void write_back_lines(const void* address, std::size_t length, CacheOps ops) noexcept {
  if (length == 0 || ops == CacheOps::none) {
    return;
  }
  const std::size_t bytes = step();
  for (std::uintptr_t line = first_line(address, bytes); line < end_of(address, length);
       line += bytes) {
    asm volatile("dc cvac, %0" : : "r"(line) : "memory");
  }
}

void invalidate_lines(const void* address, std::size_t length, CacheOps ops) noexcept {
  if (length == 0 || ops == CacheOps::none) {
    return;
  }
  const std::size_t bytes = step();
  for (std::uintptr_t line = first_line(address, bytes); line < end_of(address, length);
       line += bytes) {
    asm volatile("dc civac, %0" : : "r"(line) : "memory");
  }
}

void copy_written_back(void* to, const void* from, std::size_t length, CacheOps ops) noexcept {
  std::memcpy(to, from, length);
  write_back_lines(to, length, ops);
}

void store_fence(CacheOps /*ops*/) noexcept {
  // sy, not ish: the other host is outside the inner shareable domain.
  asm volatile("dsb sy" : : : "memory");
}

} // namespace famfs::media
