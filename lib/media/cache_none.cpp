// A CPU we know no cache instructions for: right where all hosts see one coherent memory.
#include "media/cache.h"

#include <atomic>
#include <cstring>

namespace famfs::media {

CacheOps cache_ops() noexcept {
  return CacheOps::none;
}

void write_back_lines(const void* /*address*/, std::size_t /*length*/, CacheOps /*ops*/) noexcept {}

void invalidate_lines(const void* /*address*/, std::size_t /*length*/, CacheOps /*ops*/) noexcept {}

void copy_written_back(void* to, const void* from, std::size_t length, CacheOps ops) noexcept {
  std::memcpy(to, from, length);
  write_back_lines(to, length, ops);
}

void store_fence(CacheOps /*ops*/) noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

} // namespace famfs::media
