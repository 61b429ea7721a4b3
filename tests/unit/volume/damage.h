// A small file system, and ways to damage what lies on its media.
#pragma once

#include "support.h"

namespace famfs::testing {

inline constexpr std::uint64_t kIndex = format::kLogOffset + format::kNextIndexOffset;

// Directories a, b; a file f in unit 0; a directory z.
inline void fill(Rig& rig) {
  (void)rig.directory("a");
  (void)rig.directory("b");
  (void)rig.committed("f", "content");
  (void)rig.directory("z");
  rig.memory.settle();
}

inline void set_word(Rig& rig, std::uint64_t at, std::uint64_t value) {
  store_le(rig.memory.raw(), at, value);
}
inline void flip(Rig& rig, std::uint64_t at) {
  rig.memory.raw()[at] ^= std::byte{0x40};
}

} // namespace famfs::testing
