#include "counted_memory.h"

#include "media/cache.h"

namespace famfs::daemon {
namespace {

// Those that hold [offset, offset + length), which lies on the device.
std::uint64_t lines(std::uint64_t offset, std::uint64_t length) noexcept {
  return length == 0 ? 0
                     : (offset + length - 1) / media::kCacheLine - offset / media::kCacheLine + 1;
}

} // namespace

Result<void> CountedMemory::write_back(std::uint64_t offset, std::uint64_t length) {
  auto done = memory_.write_back(offset, length);
  if (done) {
    metrics_.add(Count::lines_written_back, lines(offset, length));
  }
  return done;
}

Result<void> CountedMemory::invalidate(std::uint64_t offset, std::uint64_t length) const {
  auto done = memory_.invalidate(offset, length);
  if (done) {
    metrics_.add(Count::lines_invalidated, lines(offset, length));
  }
  return done;
}

} // namespace famfs::daemon
