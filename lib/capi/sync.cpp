// msync(2): on a direct map there is no page cache to write back, only CPU caches.
#include "capi/mapper.h"

#include "capi/publish.h"

#include <optional>

#include <sys/mman.h>

namespace famfs::capi {
namespace {

bool readable(int protection) noexcept {
  return (protection & (PROT_READ | PROT_WRITE)) != 0;
}

} // namespace

// As the kernel: goes on past what is not mapped, and says ENOMEM at the end.
int Mapper::sync(std::uintptr_t address, std::size_t length, int flags) noexcept {
  const Range range = pages_of(address, length);
  if (range.empty() || !touches(range)) {
    return kernel_.sync({address, address + length}, flags);
  }
  if (const int error = kernel_.sync({address, address}, flags); error != 0) {
    return error; // wrong flags
  }
  int result = 0;
  const auto note = [&](int error) { result = result == 0 ? error : result; };
  for (std::uintptr_t done = range.begin; done < range.end;) {
    // A copy: write-back of a long part must not keep other threads from the table.
    std::optional<Part> part;
    Mapping mapping;
    {
      const Locked lock(*this);
      const auto rest = table_.in({done, range.end});
      if (!rest.empty()) {
        part = rest.front();
        mapping = table_.mapping_of(*part);
      }
    }
    const Range mine = part ? part->range.within({done, range.end}) : Range{range.end, range.end};
    if (done < mine.begin) {
      note(kernel_.sync({done, mine.begin}, flags));
    }
    if (part) {
      note(sync_part(*part, mapping, mine, flags));
    }
    done = mine.end;
  }
  return result;
}

int Mapper::sync_part(const Part& part, const Mapping& mapping, Range range,
                      int flags) const noexcept {
  if (part.past_end) {
    return 0;
  }
  int error = 0;
  if (readable(part.protection)) { // cache maintenance counts as a load
    error = publish(range);
    if (error == 0 && (flags & MS_INVALIDATE) != 0) {
      error = acquire(range);
    }
  }
  return error != 0 || !mapping.kernel_syncs ? error : kernel_.sync(range, flags);
}

} // namespace famfs::capi
