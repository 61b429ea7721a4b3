#include "../map_text.h"
#include "../ops.h"
#include "../reply.h"

#include <string_view>

namespace famfs::daemon::ops {
namespace {

// The format has no room for attributes; the one we show is not for changing.
int refusal(const char* name) {
  return std::string_view(name) == kMapAttribute ? EPERM : EOPNOTSUPP;
}

} // namespace

void setxattr(fuse_req_t req, fuse_ino_t /*ino*/, const char* name, const char* /*value*/,
              size_t /*size*/, int /*flags*/) {
  reply_errno(req, refusal(name));
}

void removexattr(fuse_req_t req, fuse_ino_t /*ino*/, const char* name) {
  reply_errno(req, refusal(name));
}

} // namespace famfs::daemon::ops
