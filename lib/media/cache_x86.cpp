#include "media/cache.h"

#include <cpuid.h>
#include <immintrin.h>

namespace famfs::media {
namespace {

constexpr unsigned kLeafFeatures = 7;
constexpr unsigned kEbxClflushopt = 1U << 23;
constexpr unsigned kEbxClwb = 1U << 24;

CacheOps detect() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid_count(kLeafFeatures, 0, &eax, &ebx, &ecx, &edx) == 0 ||
      (ebx & kEbxClflushopt) == 0) {
    return CacheOps::clflush; // part of SSE2, so every x86-64 has it
  }
  // clwb never drops a line, so invalidation needs clflushopt beside it. Hypervisors can hide
  // either bit: clwb alone is not enough.
  return (ebx & kEbxClwb) != 0 ? CacheOps::clwb : CacheOps::clflushopt;
}

struct Lines {
  char* begin;
  const char* end;
};

Lines lines_of(const void* address, std::size_t length) noexcept {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  // The intrinsics take non-const pointers; no byte is changed through them.
  return {reinterpret_cast<char*>(first & ~std::uintptr_t{kCacheLine - 1}),
          reinterpret_cast<const char*>(first + length)};
}

// One loop per instruction: a target attribute holds for a whole function, and a loop that chooses
// inside would pay for the choice on every line.
void flush_lines(Lines lines) noexcept {
  for (char* line = lines.begin; line < lines.end; line += kCacheLine) {
    _mm_clflush(line);
  }
}

[[gnu::target("clflushopt")]] void flush_lines_opt(Lines lines) noexcept {
  for (char* line = lines.begin; line < lines.end; line += kCacheLine) {
    _mm_clflushopt(line);
  }
}

[[gnu::target("clwb")]] void clean_lines(Lines lines) noexcept {
  for (char* line = lines.begin; line < lines.end; line += kCacheLine) {
    _mm_clwb(line);
  }
}

} // namespace

CacheOps cache_ops() noexcept {
  static const CacheOps ops = detect();
  return ops;
}

void write_back_lines(const void* address, std::size_t length, CacheOps ops) noexcept {
  if (length == 0) {
    return;
  }
  if (ops == CacheOps::clwb) {
    clean_lines(lines_of(address, length));
  } else {
    invalidate_lines(address, length, ops);
  }
}

void invalidate_lines(const void* address, std::size_t length, CacheOps ops) noexcept {
  if (length == 0) {
    return;
  }
  switch (ops) {
  case CacheOps::clwb:
  case CacheOps::clflushopt:
    flush_lines_opt(lines_of(address, length));
    break;
  case CacheOps::clflush:
    flush_lines(lines_of(address, length));
    break;
  case CacheOps::none:
  case CacheOps::arm64:
    break;
  }
}

void store_fence(CacheOps /*ops*/) noexcept {
  // Not sfence: it lets later loads run before an invalidation is done, and they would bring the
  // old line back.
  _mm_mfence();
}

} // namespace famfs::media
