// Copies that turn SIGBUS (a poisoned page, a truncated or vanished device) into a result.
//
// Owns the process's SIGBUS handler, installed on first use; a SIGBUS that is not inside a guarded
// copy of its own thread, or not in its range, goes to the handler that was there before. No locks
// and no allocation on the way; any number of threads. A thread's first guarded call unblocks
// SIGBUS in it, and it must stay so: a fault under a blocked SIGBUS kills the process.
#pragma once

#include <cstddef>
#include <cstdint>

namespace famfs::media {

struct CopyFault {
  bool failed = false;
  // Start of the page that could not be reached, from the start of the range (0: the first page).
  std::size_t offset = 0;
  // What is bad, as the kernel tells it: the page, or all of the huge page that poison was in. May
  // begin before the range and end after it.
  std::uintptr_t bad_address = 0;
  std::size_t bad_length = 0;
};

[[nodiscard]] CopyFault guarded_copy(void* to, const void* from, std::size_t length) noexcept;
// With cache.h's copy_written_back.
[[nodiscard]] CopyFault guarded_copy_written_back(void* to, const void* from,
                                                  std::size_t length) noexcept;
[[nodiscard]] CopyFault guarded_zero(void* to, std::size_t length) noexcept;
[[nodiscard]] CopyFault guarded_store_u64(void* to, std::uint64_t value) noexcept;
[[nodiscard]] CopyFault guarded_write_back(const void* from, std::size_t length) noexcept;
[[nodiscard]] CopyFault guarded_invalidate(const void* from, std::size_t length) noexcept;

} // namespace famfs::media
