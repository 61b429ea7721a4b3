// The space of a file that is still growing: how its extents are lengthened and cut. No locks, no
// I/O.
#pragma once

#include "alloc/allocator.h"
#include "base/error.h"
#include "format/file_map.h"

#include <cstdint>

namespace famfs::volume {

[[nodiscard]] std::uint64_t allocated_bytes(const format::FileMap& map) noexcept;

// Makes a simple map hold `needed` bytes, and up to `wanted` when that takes no more extents than
// it would anyway. In place first, then in one piece, then in as many as the format has room for.
// On failure map and allocator are as before.
[[nodiscard]] Result<void> grow(alloc::Allocator& allocator, format::FileMap& map,
                                std::uint64_t needed, std::uint64_t wanted);

// A map cut to what `size` bytes need, and what is left over. An interleaved map stays whole,
// because its strips' length is part of its layout, unless nothing of it is needed.
struct Cut {
  format::FileMap kept;
  format::Extents rest;
};
[[nodiscard]] Cut cut(const format::FileMap& map, std::uint64_t size, std::uint64_t unit) noexcept;

void free_extents(alloc::Allocator& allocator, const format::Extents& extents);

} // namespace famfs::volume
