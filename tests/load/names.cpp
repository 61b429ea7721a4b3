// Directories, and what is asked about names.
#include "worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace famfs::load {
namespace {

std::set<std::string> names_in(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
  expect(stream != nullptr, "opendir " + directory);
  std::set<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(stream.get());) {
    expect(names.insert(entry->d_name).second,
           std::string("twice in ") + directory + ": " + entry->d_name);
    errno = 0;
  }
  expect(errno == 0, "readdir " + directory);
  return names;
}

} // namespace

void Worker::make_directory() {
  if (!world_.directory_budget.take()) {
    return;
  }
  std::string path = "d" + std::to_string(world_.next_number++);
  if (const std::string above = world_.directories.any(random_); above.size() < 40) {
    path = above + (above.empty() ? "" : "/") + path;
  }
  // As tar unpacks: nobody may enter it until its files are there; the chmod commits them.
  const bool unpacked = one_in(random_, 2);
  const std::string full = world_.on_mount(path);
  expect(::mkdir(full.c_str(), unpacked ? 0700 : 0755) == 0, "mkdir " + path);
  if (unpacked) {
    auto file = std::make_shared<File>(world_.next_number++, 0644, 3, path + "/unpacked");
    const UniqueFd fd(
        ::open(world_.on_mount(file->path()).c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644));
    expect(static_cast<bool>(fd), "create " + file->path());
    const Range all{.first = 0, .count = 3};
    std::vector<std::byte> bytes(all.bytes());
    file->fill(all, bytes, 1);
    expect(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
           "write " + file->path());
    file->written(all);
    file->used = 3;
    expect(::chmod(full.c_str(), 0755) == 0, "chmod " + path);
    expect(::fsync(fd.get()) == 0, "fsync " + file->path());
    world_.files.commit(file);
  }
  world_.directories.add(path);
}

void Worker::come_and_go() {
  const std::string path = world_.on_mount("t" + std::to_string(world_.next_number++));
  expect(::mkdir(path.c_str(), 0755) == 0, "mkdir " + path);
  struct stat is{};
  expect(::stat(path.c_str(), &is) == 0 && S_ISDIR(is.st_mode), "stat " + path);
  // Five seconds commit it, and they pass under a sanitizer.
  expect(::rmdir(path.c_str()) == 0 || errno == EPERM, "rmdir " + path);
}

void Worker::list() {
  const std::string directory = world_.directories.any(random_);
  const std::string prefix = directory + (directory.empty() ? "" : "/");
  const auto before = world_.files.all_committed();
  const auto names = names_in(world_.on_mount(directory));
  for (const FileRef& file : before) {
    const std::string path = file->path();
    const std::string name = path.substr(path.rfind('/') + 1);
    errno = 0;
    expect(path != prefix + name || names.contains(name), "readdir does not show " + path);
  }
}

void Worker::look() {
  const FileRef file = world_.files.committed(random_);
  if (file == nullptr) {
    return;
  }
  struct stat is{};
  const std::string path = file->path();
  expect(::stat(world_.on_mount(path).c_str(), &is) == 0, "stat " + path);
  errno = 0;
  expect(static_cast<std::size_t>(is.st_size) == file->used * kCell &&
             is.st_mode == (S_IFREG | file->mode) && is.st_blocks * 512 >= is.st_size,
         "stat of " + path + " says " + std::to_string(is.st_size) + " bytes, mode " +
             std::to_string(is.st_mode));
}

void Worker::file_system() {
  struct statvfs is{};
  expect(::statvfs(world_.on_mount(world_.directories.any(random_)).c_str(), &is) == 0, "statvfs");
  errno = 0;
  expect(is.f_bfree <= is.f_blocks && is.f_bavail <= is.f_bfree, "statvfs: more free than all");
}

void Worker::map_text() {
  const FileRef file = world_.files.committed(random_);
  if (file == nullptr) {
    return;
  }
  std::array<char, 4096> text{};
  const ssize_t length =
      ::getxattr(world_.on_mount(file->path()).c_str(), "user.famfs.map", text.data(), text.size());
  expect(length > 0, "getxattr " + file->path());
  file->check_map(std::string(text.data(), static_cast<std::size_t>(length)));
}

} // namespace famfs::load
