#include "media/cache.h"

namespace famfs::media {

std::string_view name(CacheOps ops) noexcept {
  switch (ops) {
  case CacheOps::none:
    return "none";
  case CacheOps::clflush:
    return "clflush";
  case CacheOps::clflushopt:
    return "clflushopt";
  case CacheOps::clwb:
    return "clwb";
  case CacheOps::arm64:
    return "arm64";
  }
  return "unknown";
}

} // namespace famfs::media
