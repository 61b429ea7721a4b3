// Cache maintenance by virtual address: what Memory and libfamfs issue. Chosen once by CPUID:
// x86-64: clwb, else clflushopt, else clflush; arm64: dc cvac / dc civac; elsewhere none.
// Works on whole lines that hold the range; a line is 64 bytes here. No I/O, no allocation; may
// fault where the memory is bad (see fault_guard.h). Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace famfs::media {

inline constexpr std::size_t kCacheLine = 64;

enum class CacheOps : std::uint8_t { none, clflush, clflushopt, clwb, arm64 };

[[nodiscard]] CacheOps cache_ops() noexcept; // what this CPU has
[[nodiscard]] std::string_view name(CacheOps ops) noexcept;

void write_back_lines(const void* address, std::size_t length, CacheOps ops) noexcept;
void invalidate_lines(const void* address, std::size_t length, CacheOps ops) noexcept;
// Waits for stores, write-backs and invalidations before it, and holds loads after it.
void store_fence(CacheOps ops) noexcept;

// A copy that needs no write_back_lines() after it, only a fence: past the caches where the CPU
// can, which is how bulk data moves at the memory's speed. `from` and `to` do not overlap.
void copy_written_back(void* to, const void* from, std::size_t length, CacheOps ops) noexcept;

} // namespace famfs::media
