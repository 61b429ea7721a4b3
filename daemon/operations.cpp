#include "ops.h"

#include "base/diag.h"

#include <cerrno>
#include <exception>
#include <new>

namespace famfs::daemon {
namespace {

// What an operation throws (memory, in a library below) ends this request, not the mount.
template <auto Operation> struct Guarded;
template <class... Args, void (*Operation)(fuse_req_t, Args...)> struct Guarded<Operation> {
  static void call(fuse_req_t req, Args... args) {
    try {
      Operation(req, args...);
    } catch (const std::bad_alloc&) {
      fuse_reply_err(req, ENOMEM);
    } catch (const std::exception& e) {
      diag::error("a request failed: {}", e.what());
      fuse_reply_err(req, EIO);
    }
  }
};

fuse_lowlevel_ops make_operations() {
  fuse_lowlevel_ops table{};
  table.init = ops::init;
  table.lookup = Guarded<&ops::lookup>::call;
  table.forget = Guarded<&ops::forget>::call;
  table.forget_multi = Guarded<&ops::forget_multi>::call;
  table.getattr = Guarded<&ops::getattr>::call;
  table.setattr = Guarded<&ops::setattr>::call;
  table.access = Guarded<&ops::access>::call;
  table.statfs = Guarded<&ops::statfs>::call;
  table.mkdir = Guarded<&ops::mkdir>::call;
  table.mknod = Guarded<&ops::mknod>::call;
  table.unlink = Guarded<&ops::unlink>::call;
  table.rmdir = Guarded<&ops::rmdir>::call;
  table.rename = Guarded<&ops::rename>::call;
  table.link = Guarded<&ops::link>::call;
  table.symlink = Guarded<&ops::symlink>::call;
  table.readlink = Guarded<&ops::readlink>::call;
  table.create = Guarded<&ops::create>::call;
  table.open = Guarded<&ops::open>::call;
  table.read = Guarded<&ops::read>::call;
  table.write_buf = Guarded<&ops::write_buf>::call;
  table.fallocate = Guarded<&ops::fallocate>::call;
  table.lseek = Guarded<&ops::lseek>::call;
  table.flush = Guarded<&ops::flush>::call;
  table.fsync = Guarded<&ops::fsync>::call;
  table.fsyncdir = Guarded<&ops::fsyncdir>::call;
  table.release = Guarded<&ops::release>::call;
  table.opendir = Guarded<&ops::opendir>::call;
  table.releasedir = Guarded<&ops::releasedir>::call;
  table.readdir = Guarded<&ops::readdir>::call;
  table.readdirplus = Guarded<&ops::readdirplus>::call;
  table.getxattr = Guarded<&ops::getxattr>::call;
  table.listxattr = Guarded<&ops::listxattr>::call;
  table.setxattr = Guarded<&ops::setxattr>::call;
  table.removexattr = Guarded<&ops::removexattr>::call;
  table.ioctl = Guarded<&ops::ioctl>::call;
  return table;
}

} // namespace

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops table = make_operations();
  return table;
}

} // namespace famfs::daemon
