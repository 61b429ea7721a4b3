#include "../map_text.h"
#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <string>
#include <string_view>

namespace famfs::daemon::ops {
namespace {

// getxattr(2) and listxattr(2): size 0 asks how long it is.
void reply_value(fuse_req_t req, std::string_view value, size_t size) {
  if (size == 0) {
    fuse_reply_xattr(req, value.size());
  } else if (size < value.size()) {
    reply_errno(req, ERANGE);
  } else {
    fuse_reply_buf(req, value.data(), value.size());
  }
}

bool is_file(const Mount& mount, fuse_ino_t ino) {
  const auto attributes = mount.volume.attributes(ino);
  return attributes && attributes->kind == volume::Kind::file;
}

} // namespace

void getxattr(fuse_req_t req, fuse_ino_t ino, const char* name, size_t size) {
  Mount& mount = mount_of(req);
  if (std::string_view(name) != kMapAttribute || meta::is_meta(ino) || !is_file(mount, ino)) {
    reply_errno(req, ENODATA);
    return;
  }
  const auto map = mount.volume.map(ino, false);
  if (!map) {
    reply_error(req, map.error());
    return;
  }
  reply_value(req, map_text(*map), size);
}

void listxattr(fuse_req_t req, fuse_ino_t ino, size_t size) {
  constexpr std::string_view names(kMapAttribute.data(), kMapAttribute.size() + 1); // with its NUL
  const bool has = !meta::is_meta(ino) && is_file(mount_of(req), ino);
  reply_value(req, has ? names : std::string_view(), size);
}

} // namespace famfs::daemon::ops
