// Committed files: bytes change in place, by either way; nothing else does.
#include "worker.h"

#include "base/control.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace famfs::load {

void Worker::overwrite() {
  const FileRef file = world_.files.committed(random_);
  if (file == nullptr) {
    return;
  }
  const UniqueFd fd = open_any(*file, O_RDWR, world_.mount);
  const Range range = File::some(random_, file->used);
  const auto locks = file->lock_to_write(range);
  std::vector<std::byte> bytes(range.bytes());
  file->fill(range, bytes, 1);
  expect(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(range.offset())) ==
             static_cast<ssize_t>(bytes.size()),
         "overwrite " + file->path());
  file->written(range);
  if (one_in(random_, 4)) {
    expect(::fsync(fd.get()) == 0, "fsync of committed " + file->path());
  }
}

void Worker::store() {
  const FileRef file = world_.files.committed(random_);
  if (file == nullptr) {
    return;
  }
  const Range range = File::some(random_, file->used);
  const auto locks = file->lock_to_write(range);
  Mapped map(open_any(*file, O_RDWR, world_.mount), range, PROT_READ | PROT_WRITE);
  file->check(range, map.bytes(), "a map to write");
  file->fill(range, map.bytes(), 1);
  map.publish();
  file->written(range);
}

void Worker::read_by_map() {
  if (const FileRef file = world_.files.committed(random_); file != nullptr) {
    const Range range = File::some(random_, file->used);
    const auto locks = file->lock_to_read(range);
    const Mapped map(open_any(*file, O_RDONLY, world_.mount), range, PROT_READ);
    file->check(range, map.bytes(), "a map");
  }
}

void Worker::read_back() {
  const FileRef file = world_.files.any(random_);
  if (file == nullptr) {
    return;
  }
  if (const UniqueFd fd = open_any(*file, O_RDONLY, world_.mount); fd) {
    read_range(*file, fd, "read");
  }
}

void Worker::look_through_client() {
  const FileRef file = world_.files.committed(random_);
  if (file == nullptr) {
    return;
  }
  if (!file->on_client || one_in(random_, 4)) {
    const UniqueFd root(::open(world_.client.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    famfs_ioc_logplay result{};
    expect(::ioctl(root.get(), FAMFS_IOC_LOGPLAY, &result) == 0, "logplay");
    expect(result.faults == 0, "faults of logplay: " + std::to_string(result.faults));
    file->on_client = true;
  }
  const UniqueFd fd = open_any(*file, O_RDONLY, world_.client);
  read_range(*file, fd, "read through the client");
  const Range range = File::some(random_, file->used);
  const auto locks = file->lock_to_read(range);
  const Mapped map(fd, range, PROT_READ);
  file->check(range, map.bytes(), "a map through the client");
}

void Worker::refused() {
  const FileRef file = world_.files.committed(random_);
  if (file == nullptr) {
    return;
  }
  const std::string path = world_.on_mount(file->path());
  const auto not_permitted = [&](int result, const std::string& what) {
    expect(result != 0 && errno == EPERM, what + " of committed " + path);
  };
  not_permitted(::unlink(path.c_str()), "unlink");
  not_permitted(::rename(path.c_str(), (path + "x").c_str()), "rename");
  not_permitted(::truncate(path.c_str(), 1), "truncate");
}

} // namespace famfs::load
