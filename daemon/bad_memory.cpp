#include "bad_memory.h"

#include <algorithm>
#include <array>

namespace famfs::daemon {

void find_bad_memory(const Ground& ground, std::uint64_t offset, std::uint64_t length) {
  constexpr std::uint64_t page = 4096;
  const auto gathered = ground.watch.gather();
  const media::Memory& memory = ground.memory;
  const std::uint64_t end = offset + length;
  for (std::uint64_t at = offset; at < end;) {
    const std::uint64_t next = std::min(end, round_down(at, page) + page);
    std::array<std::byte, page> copy;
    // The watch hears of it: it is the memory's observer.
    static_cast<void>(memory.load(at, MutableBytes(copy).first(next - at)));
    at = next;
  }
}

} // namespace famfs::daemon
