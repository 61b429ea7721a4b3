#include "holder/directory.h"

#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::holder {

namespace {

constexpr std::size_t kLargestFile = 64UL * 1024;
constexpr int kSafe = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::unexpected<Error> refuse(const std::string& path, std::string_view why) {
  return fail(Errc::corrupt, fmt::format("{}: {}: remove it", printable(path), why));
}

// 0, or an errno. What is there already is not touched.
int make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0) {
    return ::chmod(path.c_str(), 0755) == 0 ? 0 : errno; // whatever the umask was
  }
  return errno == EEXIST ? 0 : errno;
}

int make_directories(const std::filesystem::path& path) {
  int err = make_directory(path);
  if (err == ENOENT && path.has_relative_path()) {
    err = make_directories(path.parent_path());
    return err == 0 ? make_directory(path) : err;
  }
  return err;
}

// Unlike flock(2), only who may write the file can have it: readers cannot make a record look
// alive.
struct flock write_lock() noexcept {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

} // namespace

Directory::Directory(UniqueFd fd, std::string path, int believed_uid)
    : fd_(std::move(fd)), path_(std::move(path)), believed_uid_(believed_uid) {}

Result<std::shared_ptr<const Directory>> Directory::open(const std::filesystem::path& path,
                                                         int believed_uid, bool create) {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), flags));
  if (!fd && errno == ENOENT && create) {
    if (const int err = make_directories(path); err != 0) {
      return fail_errno(err, printable(path.native()));
    }
    fd = UniqueFd(::open(path.c_str(), flags));
  }
  if (!fd) {
    return errno == ELOOP || errno == ENOTDIR ? refuse(path.native(), "not a directory")
                                              : Result<std::shared_ptr<const Directory>>(
                                                    fail_errno(errno, printable(path.native())));
  }
  auto directory = std::make_shared<const Directory>(std::move(fd), path.native(), believed_uid);
  struct stat st{};
  if (::fstat(directory->fd(), &st) != 0) {
    return fail_errno(errno, printable(path.native()));
  }
  if (!directory->believes(st.st_uid) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::corrupt,
                fmt::format("{}: others may write to it (owner {}, mode {:o}): make it "
                            "root's with mode 755",
                            printable(path.native()), st.st_uid, st.st_mode & 07777U));
  }
  return directory;
}

bool Directory::believes(uid_t uid) const noexcept {
  const uid_t other = believed_uid_ >= 0 ? static_cast<uid_t>(believed_uid_) : 0;
  return uid == other || uid == ::geteuid();
}

std::string Directory::socket_path(const std::string& name) const {
  return fmt::format("/proc/self/fd/{}/{}", fd_.get(), name);
}

std::vector<std::string> Directory::names() const {
  std::vector<std::string> names;
  UniqueFd again(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) {
    return names;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(again.get()), ::closedir);
  if (!stream) {
    return names;
  }
  static_cast<void>(again.release()); // the stream's now
  while (const dirent* entry = ::readdir(stream.get())) {
    names.emplace_back(static_cast<const char*>(entry->d_name));
  }
  std::ranges::sort(names);
  return names;
}

void Directory::remove(const std::string& name) const noexcept {
  ::unlinkat(fd_.get(), name.c_str(), 0);
}

bool Directory::leads_to(const std::string& name, int file) const noexcept {
  struct stat by_name{};
  struct stat by_fd{};
  return ::fstatat(fd_.get(), name.c_str(), &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstat(file, &by_fd) == 0 && by_name.st_dev == by_fd.st_dev &&
         by_name.st_ino == by_fd.st_ino;
}

Result<void> Directory::check(int file, const std::string& name) const {
  struct stat st{};
  if (::fstat(file, &st) != 0) {
    return fail_errno(errno, printable(path_of(name)));
  }
  if (!S_ISREG(st.st_mode)) {
    return refuse(path_of(name), "not a regular file");
  }
  if (st.st_nlink == 0) { // removed or replaced since it was opened
    return fail(Errc::not_found, fmt::format("{}: gone", printable(path_of(name))));
  }
  if (st.st_nlink != 1) {
    return refuse(path_of(name), "a hard link");
  }
  if (!believes(st.st_uid) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refuse(path_of(name), fmt::format("others may write to it (owner {}, mode {:o})",
                                             st.st_uid, st.st_mode & 07777U));
  }
  return {};
}

Result<UniqueFd> Directory::open_file(const std::string& name) const {
  // To open a FIFO or a device can have effects: so a look comes first. One that is put there in
  // between is opened without blocking, and refused then.
  struct stat st{};
  if (::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno(errno, printable(path_of(name)));
  }
  if (!S_ISREG(st.st_mode)) {
    return refuse(path_of(name), "not a regular file");
  }
  UniqueFd file(::openat(fd_.get(), name.c_str(), O_RDONLY | kSafe));
  if (!file) {
    return fail_errno(errno, printable(path_of(name)));
  }
  if (auto checked = check(file.get(), name); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  return file;
}

Result<UniqueFd> Directory::open_or_create(const std::string& name) const {
  UniqueFd file(::openat(fd_.get(), name.c_str(), O_RDONLY | O_CREAT | O_EXCL | kSafe, 0600));
  if (file) {
    return file;
  }
  return errno == EEXIST ? open_file(name)
                         : Result<UniqueFd>(fail_errno(errno, printable(path_of(name))));
}

Result<std::string> Directory::read(int file, const std::string& name) const {
  std::string text(kLargestFile + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t n =
        ::pread(file, text.data() + length, text.size() - length, static_cast<off_t>(length));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return fail_errno(errno, printable(path_of(name)));
    }
    if (n == 0) {
      text.resize(length);
      return text;
    }
    length += static_cast<std::size_t>(n);
  }
  return refuse(path_of(name), "larger than 64 KiB");
}

Result<UniqueFd> Directory::replace_locked(const std::string& name, const std::string& text) const {
  const std::string temporary = "." + name + ".tmp";
  remove(temporary); // of one who died here; only the holder of the lock writes this name
  UniqueFd file(::openat(fd_.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | kSafe, 0600));
  if (!file) {
    return fail_errno(errno, printable(path_of(temporary)));
  }
  // No fsync: a record says who runs now, and means nothing after a crash of the machine.
  const struct flock lock = write_lock();
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0 || !write_all(file.get(), text) ||
      ::fchmod(file.get(), 0644) != 0 ||
      ::renameat(fd_.get(), temporary.c_str(), fd_.get(), name.c_str()) != 0) {
    const int err = errno;
    remove(temporary);
    return fail_errno(err, printable(path_of(name)));
  }
  return file;
}

bool Directory::is_locked(int file) noexcept {
  struct flock lock = write_lock();
  lock.l_type = F_RDLCK; // readers' locks are not asked for
  return ::fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

} // namespace famfs::holder
