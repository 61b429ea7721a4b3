#include "../ops.h"
#include "../served.h"
#include "mount.h"
#include "ops.h"

namespace famfs::daemon::raw {
namespace {

template <int Errno, class... Args> void refused(fuse_req_t req, Args... /*args*/) {
  reply_errno(req, Errno);
}
template <int Errno, std::size_t Operation, class... Args>
void refuse(void (*&entry)(fuse_req_t, Args...)) {
  entry = Served<&refused<Errno, Args...>, Operation>::call;
}

// There is one name, and it stays.
void refuse_changes_of_names(fuse_lowlevel_ops& table) {
  refuse<EPERM, operation("mkdir")>(table.mkdir);
  refuse<EPERM, operation("mknod")>(table.mknod);
  refuse<EPERM, operation("create")>(table.create);
  refuse<EPERM, operation("unlink")>(table.unlink);
  refuse<EPERM, operation("rmdir")>(table.rmdir);
  refuse<EPERM, operation("rename")>(table.rename);
  refuse<EPERM, operation("link")>(table.link);
  refuse<EPERM, operation("symlink")>(table.symlink);
  refuse<EINVAL, operation("readlink")>(table.readlink);
  refuse<ENODATA, operation("getxattr")>(table.getxattr);
  refuse<EOPNOTSUPP, operation("setxattr")>(table.setxattr);
  refuse<EOPNOTSUPP, operation("removexattr")>(table.removexattr);
}

fuse_lowlevel_ops make_operations() {
  namespace shared = daemon::ops;
  fuse_lowlevel_ops table{};
  table.init = shared::init;
  table.forget = Served<&shared::forget, operation("forget")>::call;
  table.forget_multi = Served<&shared::forget_multi, operation("forget_multi")>::call;
  table.access = Served<&shared::access, operation("access")>::call;
  table.lookup = Served<&ops::lookup, operation("lookup")>::call;
  table.getattr = Served<&ops::getattr, operation("getattr")>::call;
  table.setattr = Served<&ops::setattr, operation("setattr")>::call;
  table.statfs = Served<&ops::statfs, operation("statfs")>::call;
  table.opendir = Served<&ops::opendir, operation("opendir")>::call;
  table.releasedir = Served<&ops::flush, operation("releasedir")>::call; // nothing to do
  table.readdir = Served<&ops::readdir, operation("readdir")>::call;
  table.listxattr = Served<&ops::listxattr, operation("listxattr")>::call;
  table.open = Served<&ops::open, operation("open")>::call;
  table.release = Served<&ops::release, operation("release")>::call;
  table.read = Served<&ops::read, operation("read")>::call;
  table.write_buf = Served<&ops::write_buf, operation("write")>::call;
  table.fallocate = Served<&ops::fallocate, operation("fallocate")>::call;
  table.lseek = Served<&ops::lseek, operation("lseek")>::call;
  table.flush = Served<&ops::flush, operation("flush")>::call;
  table.fsync = Served<&ops::fsync, operation("fsync")>::call;
  table.fsyncdir = Served<&ops::fsync, operation("fsyncdir")>::call;
  table.ioctl = Served<&ops::ioctl, operation("ioctl")>::call;
  refuse_changes_of_names(table);
  return table;
}

} // namespace

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops table = make_operations();
  return table;
}

} // namespace famfs::daemon::raw
