#include "new_file.h"

#include "base/text.h"
#include "fs_ioctl.h"
#include "path_text.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

// Where it cannot be (no permission to read the directory), a kill before the space is reserved
// leaves an empty file.
UniqueFd announce(const std::string& directory) {
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) {
    ioctl(fd.get(), FAMFS_IOC_ANNOUNCE);
  }
  return fd;
}

} // namespace

Error with_room_left(Error error, const std::string& path) {
  struct statvfs room{};
  if ((error.code == Errc::no_space || error.code == Errc::log_full) &&
      statvfs(parent_of(path).c_str(), &room) == 0) {
    error.message += fmt::format(": {} bytes and {} log entries are left",
                                 room.f_bavail * room.f_frsize, room.f_favail);
  }
  return error;
}

Result<NewFile> NewFile::make(std::string path, const NewFileOptions& options) {
  const UniqueFd directory = announce(parent_of(path)); // until its space is reserved
  auto fd = create_file(path, options.ownership);
  if (!fd) {
    return std::unexpected(with_room_left(std::move(fd.error()), path));
  }
  NewFile file(std::move(path), options.size, UniqueFd(*fd));
  if (auto laid = file.lay_out(options); !laid) {
    return std::unexpected(with_room_left(std::move(laid.error()), file.path_));
  }
  return file;
}

Result<void> NewFile::lay_out(const NewFileOptions& options) {
  auto done = reserve_space(options);
  if (!done && done.error().code == Errc::invalid && options.stripes) {
    // What stripes_of() could not know.
    done.error().message +=
        fmt::format(": a chunk of {} in one of {} buckets: give a smaller chunk "
                    "or fewer buckets",
                    options.stripes->chunk, options.stripes->buckets);
  }
  return done;
}

Result<void> NewFile::reserve_space(const NewFileOptions& options) {
  famfs_ioc_reserve ask{};
  ask.flags = FAMFS_RESERVE_ON_REQUEST;
  ask.size = options.size;
  if (options.stripes) {
    ask.chunk = options.stripes->chunk;
    ask.strips = options.stripes->strips;
    ask.buckets = options.stripes->buckets;
  }
  if (options.raw && geteuid() == 0) {
    ask.flags |= FAMFS_RESERVE_RAW;
    auto done = reserve(fd_.get(), path_, ask);
    // Root of a user namespace is not privileged to the daemon.
    if (done ||
        (done.error().code != Errc::not_permitted && done.error().code != Errc::access_denied)) {
      return done;
    }
    ask.flags = FAMFS_RESERVE_ON_REQUEST;
  }
  return reserve(fd_.get(), path_, ask);
}

NewFile::~NewFile() {
  // A close, or the unmapping of what holds the file open, would commit what has data: so the name
  // goes first.
  if (fd_ && !committed_) {
    unlink(path_.c_str());
  }
}

Target& NewFile::target() {
  if (!target_) {
    target_ = famfs_target(fd_.get(), size_, path_, true);
  }
  return *target_;
}

Result<void> NewFile::commit() {
  auto done = famfs::tools::commit(fd_.get(), path_);
  committed_ = done.has_value();
  if (!done) {
    return std::unexpected(with_room_left(std::move(done.error()), path_));
  }
  return done;
}

} // namespace famfs::tools
