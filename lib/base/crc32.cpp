#include "base/crc32.h"

#include <isa-l/crc.h>

namespace famfs {

std::uint32_t crc32(Bytes bytes, std::uint32_t seed) noexcept {
  // Its "gzip" polynomial is the reflected one that zlib has; its "ieee" is not.
  return crc32_gzip_refl(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

} // namespace famfs
