// Memory of a device, as the log and the volume see it: the one seam between them and how memory is
// reached (a mapping of the device; later, files mapped by the kernel). Tests record or corrupt
// through it.
//
// Offsets and lengths in bytes on the device; out of [0, size()) is Errc::invalid, checked without
// wrapping. A poisoned page or a device that was taken away is Errc::io with the offset in the
// message, never a signal. Thread-safe: calls may overlap in time; stores to the same bytes are the
// caller's to order.
//
// Durability and visibility to other hosts: store*, then write_back of those bytes, then fence, all
// on one thread: a fence orders only its own thread's stores and write-backs.
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstdint>

namespace famfs::media {

class Memory {
public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  virtual ~Memory() = default;

  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;

  // Copies to private memory: what is validated is what is used, whoever writes meanwhile.
  virtual Result<void> load(std::uint64_t offset, MutableBytes to) const = 0;

  virtual Result<void> store(std::uint64_t offset, Bytes from) = 0;
  virtual Result<void> zero(std::uint64_t offset, std::uint64_t length) = 0;
  // One 8-byte store that no reader sees in part; `offset` a multiple of 8. Release order.
  virtual Result<void> store_u64(std::uint64_t offset, std::uint64_t value) = 0;

  // Writes the cache lines that hold [offset, offset + length) back to memory.
  virtual Result<void> write_back(std::uint64_t offset, std::uint64_t length) = 0;
  // Drops them from this host's caches, so that the next load sees what another host wrote.
  virtual Result<void> invalidate(std::uint64_t offset, std::uint64_t length) const = 0;
  // Waits for the write-backs, invalidations and stores of this thread before it.
  virtual void fence() const noexcept = 0;

  // The bytes themselves, for system calls that copy from or to them (which fail with EFAULT where
  // memory is bad) and for nothing else: a plain load through it may raise SIGBUS.
  [[nodiscard]] virtual std::byte* address(std::uint64_t offset) const noexcept = 0;
};

} // namespace famfs::media
