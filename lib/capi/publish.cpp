#include "capi/publish.h"

#include "media/cache.h"
#include "media/fault_guard.h"

#include <cerrno>

namespace famfs::capi {

int publish(Range range) noexcept {
  const bool failed = media::guarded_write_back(pointer(range.begin), range.size()).failed;
  media::store_fence(media::cache_ops());
  return failed ? -EIO : 0;
}

int acquire(Range range) noexcept {
  const bool failed = media::guarded_invalidate(pointer(range.begin), range.size()).failed;
  media::store_fence(media::cache_ops());
  return failed ? -EIO : 0;
}

} // namespace famfs::capi
