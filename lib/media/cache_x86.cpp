#include "media/cache.h"

#include <algorithm>
#include <cstring>

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
  const auto* first = static_cast<const char*>(address);
  // The intrinsics take non-const pointers; no byte is changed through them.
  return {const_cast<char*>(first - reinterpret_cast<std::uintptr_t>(first) % kCacheLine),
          first + length};
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

// A line that is streamed in full never passes through a cache.
void stream_line(char* to, const char* from) noexcept {
  const auto* source = reinterpret_cast<const __m128i*>(from);
  auto* line = reinterpret_cast<__m128i*>(to);
  const __m128i a = _mm_loadu_si128(source);
  const __m128i b = _mm_loadu_si128(source + 1);
  const __m128i c = _mm_loadu_si128(source + 2);
  const __m128i d = _mm_loadu_si128(source + 3);
  _mm_stream_si128(line, a);
  _mm_stream_si128(line + 1, b);
  _mm_stream_si128(line + 2, c);
  _mm_stream_si128(line + 3, d);
}

// Four pages side by side keep more of the memory's banks busy: a third faster than one after the
// other, and faster than memcpy(3) (docs/performance.md). `to` is aligned to a line.
void stream_lines(char* to, const char* from, std::size_t length) noexcept {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kAbreast = 4;
  std::size_t at = 0;
  for (; length - at >= kAbreast * kPage; at += kAbreast * kPage) {
    for (std::size_t line = at; line < at + kPage; line += kCacheLine) {
      for (std::size_t page = 0; page < kAbreast * kPage; page += kPage) {
        stream_line(to + line + page, from + line + page);
      }
    }
  }
  for (; at < length; at += kCacheLine) {
    stream_line(to + at, from + at);
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

void copy_written_back(void* to, const void* from, std::size_t length, CacheOps ops) noexcept {
  auto* target = static_cast<char*>(to);
  const auto* source = static_cast<const char*>(from);
  const std::size_t to_line = (0 - reinterpret_cast<std::uintptr_t>(to)) % kCacheLine;
  const std::size_t head = std::min(length, to_line);
  const std::size_t middle = (length - head) / kCacheLine * kCacheLine;
  const std::size_t tail = length - head - middle;
  std::memcpy(target, source, head);
  write_back_lines(target, head, ops);
  stream_lines(target + head, source + head, middle);
  std::memcpy(target + head + middle, source + head + middle, tail);
  write_back_lines(target + head + middle, tail, ops);
}

void store_fence(CacheOps /*ops*/) noexcept {
  // Not sfence: it lets later loads run before an invalidation is done, and they would bring the
  // old line back.
  _mm_mfence();
}

} // namespace famfs::media
