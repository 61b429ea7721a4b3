#include "bad_memory.h"

#include <algorithm>
#include <array>

namespace famfs::daemon {
namespace {

constexpr std::uint64_t kPage = 4096;

bool is_bad(const media::Memory& memory, std::uint64_t offset, std::uint64_t length) {
  std::array<std::byte, kPage> copy;
  return !memory.load(offset, MutableBytes(copy).first(length));
}

// Through the registry, since whoever holds the device is to know: with a client mount that is not
// we.
void report(Mount& mount, std::uint64_t offset, std::uint64_t length) {
  const bool holder = !mount.line.options.client;
  if (!mount.registry.report_failure(mount.device.id, offset, length) || !holder) {
    mount.failures.note(offset, length);
  }
}

} // namespace

void report_bad_memory(Mount& mount, std::uint64_t offset, std::uint64_t length) {
  const media::Memory& memory = mount.volume.memory();
  const std::uint64_t end = offset + length;
  std::uint64_t bad_begin = end;
  for (std::uint64_t at = offset; at < end;) {
    const std::uint64_t next = std::min(end, round_down(at, kPage) + kPage);
    const bool bad = is_bad(memory, at, next - at);
    if (bad) {
      bad_begin = std::min(bad_begin, round_down(at, kPage));
    }
    if (bad_begin < end && (!bad || next == end)) {
      const std::uint64_t bad_end = bad ? round_up(next, kPage) : at;
      report(mount, bad_begin, bad_end - bad_begin);
      bad_begin = end;
    }
    at = next;
  }
}

} // namespace famfs::daemon
