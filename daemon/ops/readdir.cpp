#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <memory>
#include <string>

// A position is 0, 1 after ".", 2 after "..", then the tree's cookie of the last child plus 2. What
// stays in the directory is seen exactly once whatever is made or removed between two calls, for
// the tree's cookies promise that.
namespace famfs::daemon::ops {
namespace {

constexpr off_t kAfterDot = 1;
constexpr off_t kAfterDotDot = 2;

class Listing {
public:
  Listing(fuse_req_t req, size_t size, bool plus)
      : req_(req), size_(size), plus_(plus), buffer_(std::make_unique_for_overwrite<char[]>(size)) {
  }

  // False: no room left.
  bool add(const std::string& name, const volume::Attributes& attributes, off_t next) {
    fuse_entry_param entry = to_entry(mount_of(req_), attributes);
    return put(name, entry, next);
  }
  bool add_dot(const char* name, fuse_ino_t ino, off_t next) {
    fuse_entry_param entry{};
    entry.attr.st_ino = ino; // an entry without a node: the kernel makes no inode of "." and ".."
    entry.attr.st_mode = S_IFDIR;
    return put(name, entry, next);
  }
  void reply() { fuse_reply_buf(req_, buffer_.get(), used_); }

private:
  bool put(const std::string& name, const fuse_entry_param& entry, off_t next) {
    char* at = buffer_.get() + used_;
    const size_t left = size_ - used_;
    const size_t needs = plus_ ? fuse_add_direntry_plus(req_, at, left, name.c_str(), &entry, next)
                               : fuse_add_direntry(req_, at, left, name.c_str(), &entry.attr, next);
    if (needs > left) {
      return false;
    }
    used_ += needs;
    return true;
  }

  fuse_req_t req_;
  size_t size_;
  bool plus_;
  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
};

bool add_dots(Listing& listing, fuse_ino_t ino, fuse_ino_t parent, off_t offset) {
  return (offset >= kAfterDot || listing.add_dot(".", ino, kAfterDot)) &&
         (offset >= kAfterDotDot || listing.add_dot("..", parent, kAfterDotDot));
}

void list_meta(fuse_req_t req, Listing& listing, off_t offset) {
  off_t next = kAfterDotDot;
  if (add_dots(listing, meta::kDirectory, tree::kRoot, offset)) {
    for (const meta::Child& child : meta::kChildren) {
      ++next;
      if (next > offset &&
          !listing.add(std::string(child.name), meta_attributes(mount_of(req), child.node), next)) {
        break;
      }
    }
  }
  listing.reply();
}

void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, bool plus) {
  Mount& mount = mount_of(req);
  Listing listing(req, size, plus);
  if (meta::is_meta(ino)) {
    list_meta(req, listing, offset);
    return;
  }
  const auto parent = mount.volume.parent(ino);
  if (!parent) {
    reply_error(req, parent.error());
    return;
  }
  if (add_dots(listing, ino, *parent, offset)) {
    const auto cookie = static_cast<std::uint64_t>(std::max(offset, kAfterDotDot) - kAfterDotDot);
    const auto listed = mount.volume.list(
        ino, cookie, [&](const tree::Child& child, const volume::Attributes& attributes) {
          return listing.add(std::string(child.name), attributes,
                             static_cast<off_t>(child.cookie) + kAfterDotDot);
        });
    if (!listed) {
      reply_error(req, listed.error());
      return;
    }
  }
  listing.reply();
}

} // namespace

void readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* /*fi*/) {
  list(req, ino, size, offset, false);
}

void readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                 fuse_file_info* /*fi*/) {
  list(req, ino, size, offset, true);
}

} // namespace famfs::daemon::ops
