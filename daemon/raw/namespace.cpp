#include "../reply.h"
#include "mount.h"
#include "ops.h"

#include <array>
#include <string>
#include <string_view>

namespace famfs::daemon::raw::ops {

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
  const RawMount& mount = mount_of(req);
  if (parent != kRoot || name != kName) {
    reply_errno(req, ENOENT);
    return;
  }
  fuse_entry_param entry{};
  entry.ino = kDevice;
  entry.attr = mount.attributes(kDevice);
  entry.attr_timeout = entry.entry_timeout = mount.keep_for();
  fuse_reply_entry(req, &entry);
}

void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info* /*fi*/) {
  const RawMount& mount = mount_of(req);
  const struct stat out = mount.attributes(ino);
  fuse_reply_attr(req, &out, mount.keep_for());
}

// To what they are already: nothing else can be kept.
void setattr(fuse_req_t req, fuse_ino_t ino, struct stat* attr, int to_set,
             fuse_file_info* /*fi*/) {
  constexpr mode_t all_mode_bits = 07777;
  constexpr int known =
      FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID | FUSE_SET_ATTR_SIZE;
  const struct stat now = mount_of(req).attributes(ino);
  const auto differs = [&](int which, bool different) {
    return (to_set & which) != 0 && different;
  };
  if ((to_set & ~known) != 0 ||
      differs(FUSE_SET_ATTR_MODE, ((attr->st_mode ^ now.st_mode) & all_mode_bits) != 0) ||
      differs(FUSE_SET_ATTR_UID, attr->st_uid != now.st_uid) ||
      differs(FUSE_SET_ATTR_GID, attr->st_gid != now.st_gid) ||
      differs(FUSE_SET_ATTR_SIZE, attr->st_size != now.st_size)) {
    reply_errno(req, EPERM);
    return;
  }
  getattr(req, ino, nullptr);
}

// All of it is in use: by whoever opens it.
void statfs(fuse_req_t req, fuse_ino_t /*ino*/) {
  constexpr unsigned long block = 4096;
  constexpr unsigned long longest_name = 255;
  struct statvfs out{};
  out.f_bsize = out.f_frsize = block;
  out.f_blocks = mount_of(req).size() / block;
  out.f_files = 1;
  out.f_namemax = longest_name;
  fuse_reply_statfs(req, &out);
}

void opendir(fuse_req_t req, fuse_ino_t /*ino*/, fuse_file_info* fi) {
  fuse_reply_open(req, fi);
}

void readdir(fuse_req_t req, fuse_ino_t /*ino*/, size_t size, off_t offset,
             fuse_file_info* /*fi*/) {
  constexpr std::array<std::pair<const char*, std::uint64_t>, 3> entries{
      {{".", kRoot}, {"..", kRoot}, {kName.data(), kDevice}}};
  std::string buffer(size, '\0');
  std::size_t used = 0;
  for (auto next = static_cast<std::size_t>(offset); next < entries.size(); ++next) {
    const auto& [name, id] = entries[next];
    const struct stat attributes = mount_of(req).attributes(id);
    const size_t needs = fuse_add_direntry(req, buffer.data() + used, size - used, name,
                                           &attributes, static_cast<off_t>(next) + 1);
    if (needs > size - used) {
      break;
    }
    used += needs;
  }
  fuse_reply_buf(req, buffer.data(), used);
}

void listxattr(fuse_req_t req, fuse_ino_t /*ino*/, size_t size) {
  if (size == 0) {
    fuse_reply_xattr(req, 0);
  } else {
    fuse_reply_buf(req, nullptr, 0);
  }
}

} // namespace famfs::daemon::raw::ops
