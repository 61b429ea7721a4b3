#include "ops.h"

#include "served.h"

namespace famfs::daemon {
namespace {

fuse_lowlevel_ops make_operations() {
  fuse_lowlevel_ops table{};
  table.init = ops::init;
  table.lookup = Served<&ops::lookup, operation("lookup")>::call;
  table.forget = Served<&ops::forget, operation("forget")>::call;
  table.forget_multi = Served<&ops::forget_multi, operation("forget_multi")>::call;
  table.getattr = Served<&ops::getattr, operation("getattr")>::call;
  table.setattr = Served<&ops::setattr, operation("setattr")>::call;
  table.access = Served<&ops::access, operation("access")>::call;
  table.statfs = Served<&ops::statfs, operation("statfs")>::call;
  table.mkdir = Served<&ops::mkdir, operation("mkdir")>::call;
  table.mknod = Served<&ops::mknod, operation("mknod")>::call;
  table.unlink = Served<&ops::unlink, operation("unlink")>::call;
  table.rmdir = Served<&ops::rmdir, operation("rmdir")>::call;
  table.rename = Served<&ops::rename, operation("rename")>::call;
  table.link = Served<&ops::link, operation("link")>::call;
  table.symlink = Served<&ops::symlink, operation("symlink")>::call;
  table.readlink = Served<&ops::readlink, operation("readlink")>::call;
  table.create = Served<&ops::create, operation("create")>::call;
  table.open = Served<&ops::open, operation("open")>::call;
  table.read = Served<&ops::read, operation("read")>::call;
  table.write_buf = Served<&ops::write_buf, operation("write")>::call;
  table.fallocate = Served<&ops::fallocate, operation("fallocate")>::call;
  table.lseek = Served<&ops::lseek, operation("lseek")>::call;
  table.flush = Served<&ops::flush, operation("flush")>::call;
  table.fsync = Served<&ops::fsync, operation("fsync")>::call;
  table.fsyncdir = Served<&ops::fsyncdir, operation("fsyncdir")>::call;
  table.release = Served<&ops::release, operation("release")>::call;
  table.opendir = Served<&ops::opendir, operation("opendir")>::call;
  table.releasedir = Served<&ops::releasedir, operation("releasedir")>::call;
  table.readdir = Served<&ops::readdir, operation("readdir")>::call;
  table.readdirplus = Served<&ops::readdirplus, operation("readdirplus")>::call;
  table.getxattr = Served<&ops::getxattr, operation("getxattr")>::call;
  table.listxattr = Served<&ops::listxattr, operation("listxattr")>::call;
  table.setxattr = Served<&ops::setxattr, operation("setxattr")>::call;
  table.removexattr = Served<&ops::removexattr, operation("removexattr")>::call;
  table.ioctl = Served<&ops::ioctl, operation("ioctl")>::call;
  return table;
}

} // namespace

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops table = make_operations();
  return table;
}

} // namespace famfs::daemon
