#include "../bad_memory.h"
#include "../ops/open_handle.h"
#include "../reply.h"
#include "../request_source.h"
#include "mount.h"
#include "ops.h"

#include <algorithm>
#include <memory>

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

namespace famfs::daemon::raw::ops {

void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
  RawMount& mount = mount_of(req);
  if ((fi->flags & O_TRUNC) != 0) {
    reply_errno(req, EPERM); // as truncate(2)
    return;
  }
  auto pin = mount.pins.pin(ino);
  if (!pin) {
    reply_error(req, pin.error());
    return;
  }
  auto handle = std::make_unique<Handle>();
  handle->node = ino;
  handle->writable = daemon::ops::wants_to_write(*fi);
  handle->pin = std::move(*pin);
  fi->direct_io = mount.access->open().direct_io ? 1 : 0;
  fi->fh = reinterpret_cast<std::uint64_t>(mount.open_files.add(std::move(handle)));
  if (fuse_reply_open(req, fi) != 0) { // the caller was interrupted: no RELEASE will come
    static_cast<void>(mount.open_files.remove(handle_of(fi)));
  }
}

void release(fuse_req_t req, fuse_ino_t /*ino*/, fuse_file_info* fi) {
  static_cast<void>(mount_of(req).open_files.remove(handle_of(fi)));
  reply_errno(req, 0);
}

// From the device's own addresses, as a file's (ops/read.cpp).
void read(fuse_req_t req, fuse_ino_t /*ino*/, size_t size, off_t offset, fuse_file_info* /*fi*/) {
  RawMount& mount = mount_of(req);
  const auto begin = std::min(static_cast<std::uint64_t>(offset), mount.size());
  const auto length = std::min<std::uint64_t>(size, mount.size() - begin);
  if (const auto good = mount.bad.avoid(begin, length); !good) {
    reply_error(req, good.error());
    return;
  }
  const iovec bytes{.iov_base = mount.memory.address(begin), .iov_len = length};
  const int sent = fuse_reply_iov(req, &bytes, length > 0 ? 1 : 0);
  if (sent != -EFAULT) {
    mount.metrics.add(Count::read_bytes, length);
    return;
  }
  try { // the reply is out: nothing may pass that would make another
    find_bad_memory(mount, begin, length);
  } catch (const std::exception& e) {
    mount.watch.met({.offset = begin, .length = length});
  }
}

namespace {

// Written back and fenced before it returns.
Result<void> write(RawMount& mount, RequestSource& source, std::uint64_t begin,
                   std::uint64_t length) {
  if (auto good = mount.bad.avoid(begin, length); !good) {
    return good;
  }
  if (auto copied = source.copy(mount.memory, begin, length); !copied) {
    return copied;
  }
  auto written = mount.memory.write_back(begin, length);
  mount.memory.fence();
  return written;
}

} // namespace

// Cut at the end, and past it as on a block device.
void write_buf(fuse_req_t req, fuse_ino_t /*ino*/, fuse_bufvec* from, off_t offset,
               fuse_file_info* /*fi*/) {
  RawMount& mount = mount_of(req);
  const auto begin = static_cast<std::uint64_t>(offset);
  if (begin >= mount.size()) {
    reply_errno(req, ENOSPC);
    return;
  }
  const auto length = std::min<std::uint64_t>(fuse_buf_size(from), mount.size() - begin);
  RequestSource source(*from);
  const auto written = write(mount, source, begin, length);
  if (source.used_up()) {
    from->idx = from->count; // else libfuse throws its pipe away
  }
  if (source.bad().length > 0) {
    find_bad_memory(mount, source.bad().offset, source.bad().length);
  }
  if (written) {
    mount.metrics.add(Count::written_bytes, length);
    fuse_reply_write(req, length);
  } else {
    reply_error(req, written.error());
  }
}

// All of the device is there already, and nothing more will be.
void fallocate(fuse_req_t req, fuse_ino_t /*ino*/, int mode, off_t offset, off_t length,
               fuse_file_info* /*fi*/) {
  const auto size = static_cast<off_t>(mount_of(req).size());
  if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0) {
    reply_errno(req, EOPNOTSUPP);
  } else {
    reply_errno(req, offset <= size && length <= size - offset ? 0 : ENOSPC);
  }
}

void lseek(fuse_req_t req, fuse_ino_t /*ino*/, off_t offset, int whence, fuse_file_info* /*fi*/) {
  const auto size = static_cast<off_t>(mount_of(req).size());
  if (whence != SEEK_DATA && whence != SEEK_HOLE) {
    reply_errno(req, EINVAL);
  } else if (offset < 0 || offset >= size) {
    reply_errno(req, ENXIO);
  } else {
    fuse_reply_lseek(req, whence == SEEK_DATA ? offset : size);
  }
}

void flush(fuse_req_t req, fuse_ino_t /*ino*/, fuse_file_info* /*fi*/) {
  reply_errno(req, 0);
}

// What write(2) wrote is on the device. What is stored through a map is the mapper's to write back
// (msync, famfs_publish): to do it here would go through all of the device.
void fsync(fuse_req_t req, fuse_ino_t /*ino*/, int /*data_only*/, fuse_file_info* /*fi*/) {
  reply_errno(req, 0);
}

} // namespace famfs::daemon::raw::ops
