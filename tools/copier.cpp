#include "copier.h"

#include "base/document.h"
#include "base/fd.h"
#include "base/text.h"
#include "existing_file.h"
#include "fs_ioctl.h"
#include "mount_point.h"
#include "new_file.h"
#include "path_text.h"
#include "striping.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <ostream>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace famfs::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kPermissions = 0777;

Result<std::vector<std::string>> names_in(const std::string& directory) {
  DIR* const stream = opendir(directory.c_str());
  if (stream == nullptr) {
    return fail_errno(errno, printable(directory));
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const found = readdir(stream)) { // NOLINT(concurrency-mt-unsafe): own stream
    const std::string name(found->d_name);
    if (name != "." && name != "..") {
      names.push_back(name);
    }
  }
  const int err = errno;
  closedir(stream);
  if (err != 0) {
    return fail_errno(err, printable(directory));
  }
  std::ranges::sort(names); // the log, and so every host, gets the same order each time
  return names;
}

// A directory that may be read may be entered: what chmod's X does.
std::uint32_t with_search(std::uint32_t mode) {
  return mode | ((mode & 0444) >> 2);
}

} // namespace

struct Copier::Source {
  std::string path;
  UniqueFd fd;
  struct stat status{};
  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }

  static Result<Source> open(const std::string& path) {
    Source source;
    source.path = path;
    if (stat(path.c_str(), &source.status) != 0) {
      return fail_errno(errno, printable(path));
    }
    if (!S_ISREG(source.status.st_mode)) { // not opened: a FIFO would wait
      return fail(Errc::not_regular, fmt::format("{}: not a regular file", printable(path)));
    }
    source.fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!source.fd || fstat(source.fd.get(), &source.status) != 0) {
      return fail_errno(errno, printable(path));
    }
    if (source.status.st_size == 0) {
      return fail(Errc::invalid, fmt::format("{}: empty: a file's size is fixed when it is made",
                                             printable(path)));
    }
    return source;
  }
};

Copier::Copier(Context& context, const Command& command, const CopyOptions& options)
    : context_(context), command_(command), options_(options),
      progress_(context, "", 0, progress_style(options.json)) {}

// What cannot be counted is not copied either, and said then.
void Copier::expect(const std::string& source, bool recursive) {
  std::error_code ignored;
  const auto add = [&](const fs::path& path) {
    ++expected_files_;
    const auto size = fs::file_size(path, ignored);
    expected_bytes_ += ignored ? 0 : size * (options_.compare ? 2 : 1);
  };
  if (!fs::is_directory(source, ignored)) {
    add(source);
  } else if (recursive) {
    for (fs::recursive_directory_iterator i(source, ignored), end; !ignored && i != end;
         i.increment(ignored)) {
      std::error_code unknown;
      if (i->is_regular_file(unknown) && !i->is_symlink(unknown)) {
        add(i->path());
      }
    }
  }
  progress_.set(0, expected_bytes_);
}

int Copier::finish() {
  progress_.wipe();
  if (options_.json) {
    context_.out << to_json_line({{"copied_files", copied_},
                                  {"expected_files", expected_files_},
                                  {"interrupted", context_.interrupted.load()}});
  }
  if (context_.interrupted.load()) {
    skip(Error{Errc::interrupted, fmt::format("interrupted: {} of {} files copied: copy the others",
                                              copied_, expected_files_)});
  }
  return exit_code_;
}

void Copier::skip(const Error& error) {
  progress_.wipe();
  const int code = command_.fail(error);
  const bool full = error.code == Errc::no_space || error.code == Errc::log_full;
  exit_code_ = full || exit_code_ == 0 ? code : exit_code_;
}

void Copier::file(const std::string& source, const std::string& to) {
  progress_.at(to);
  auto done = copy_file(source, to);
  if (done) {
    ++copied_;
  } else if (done.error().code != Errc::interrupted) { // which finish() tells, once
    skip(done.error());
  }
}

Result<void> Copier::copy_file(const std::string& path, const std::string& to) {
  auto source = Source::open(path);
  if (!source) {
    return std::unexpected(source.error());
  }
  struct stat status{};
  const bool there = stat(to.c_str(), &status) == 0;
  if (auto mount = mount_of(context_, there ? to : parent_of(to)); !mount) {
    return std::unexpected(mount.error());
  }
  if (there && status.st_dev == source->status.st_dev && status.st_ino == source->status.st_ino) {
    return fail(Errc::invalid,
                fmt::format("{} and {} are the same file", printable(path), printable(to)));
  }
  auto done = there ? copy_over(*source, to) : copy_fresh(*source, to);
  if (done && options_.json) {
    context_.out << to_json_line(
        {{"file", to_utf8(to)}, {"source", to_utf8(path)}, {"bytes", source->size()}});
  } else if (done && options_.verbose) {
    progress_.wipe();
    context_.out << fmt::format("{} -> {}: {} bytes\n", printable(path), printable(to),
                                source->size());
  }
  return done;
}

Result<void> Copier::copy_fresh(const Source& source, const std::string& to) {
  warn_of_small_buckets(to);
  Ownership ownership = options_.ownership;
  ownership.mode = ownership.mode.value_or(source.status.st_mode & kPermissions);
  auto file = NewFile::make(
      to,
      {.ownership = ownership, .size = source.size(), .stripes = options_.stripes, .raw = true});
  if (!file) {
    return std::unexpected(file.error());
  }
  if (auto moved = move_bytes(source, file->target(), to); !moved) {
    return moved;
  }
  return file->commit();
}

Result<void> Copier::copy_over(const Source& source, const std::string& to) {
  auto file = ExistingFile::open(to, true, true);
  if (!file) {
    return std::unexpected(file.error());
  }
  if (file->size() == 0) {
    return fail(
        Errc::exists,
        fmt::format("{}: is there, empty: famfs cp makes its files itself, whole: remove it "
                    "first, or copy with cp(1)",
                    printable(to)));
  }
  if (file->size() != source.size()) {
    return fail(
        Errc::exists,
        fmt::format("{}: is there with {} bytes, the source has {}: a file's size is fixed: "
                    "choose another name",
                    printable(to), file->size(), source.size()));
  }
  if (auto moved = move_bytes(source, file->target(), to); !moved) {
    return moved;
  }
  return commit(file->fd(), to); // somebody else's may be pending still
}

CopyJob Copier::job(std::uint64_t size) {
  return {.size = size,
          .threads = options_.threads.value_or(0),
          .interrupted = &context_.interrupted,
          .progress = &progress_};
}

Result<void> Copier::move_bytes(const Source& source, Target& target, const std::string& to) {
  const auto content = file_content(source.fd.get(), source.size(), source.path, Reading::mapped);
  if (auto copied = copy(*content, target, job(source.size())); !copied) {
    return copied;
  }
  return options_.compare ? compare_bytes(source, target, to) : Result<void>{};
}

Result<void> Copier::compare_bytes(const Source& source, const Target& target,
                                   const std::string& to) {
  const auto content = file_content(source.fd.get(), source.size(), source.path, Reading::copied);
  const auto bad = compare(*content, target, job(source.size()));
  if (!bad) {
    return std::unexpected(bad.error());
  }
  if (*bad) {
    return fail(Errc::io,
                fmt::format("{}: differs from its source at offset {}", printable(to), **bad));
  }
  return {};
}

Result<void> Copier::make_directory_for(const std::string& source, const std::string& to) {
  struct stat status{};
  if (stat(to.c_str(), &status) == 0) {
    return S_ISDIR(status.st_mode)
               ? Result<void>{}
               : fail(Errc::not_directory, fmt::format("{}: a file is in the way", printable(to)));
  }
  if (auto mount = mount_of(context_, parent_of(to)); !mount) {
    return std::unexpected(mount.error());
  }
  if (stat(source.c_str(), &status) != 0) {
    return fail_errno(errno, printable(source));
  }
  Ownership ownership = options_.ownership;
  ownership.mode = ownership.mode ? with_search(*ownership.mode) : status.st_mode & kPermissions;
  auto made = make_directory(to, ownership);
  return made ? made : std::unexpected(with_room_left(std::move(made.error()), to));
}

void Copier::tree(const std::string& source, const std::string& to) {
  // Read before the directory is made: a tree that is copied into itself must end.
  const auto names = names_in(source);
  if (!names) {
    skip(names.error());
    return;
  }
  if (auto made = make_directory_for(source, to); !made) {
    skip(made.error());
    return;
  }
  for (const std::string& name : *names) {
    if (context_.interrupted.load()) {
      return;
    }
    entry(join(source, name), join(to, name));
  }
}

// What is inside a tree; a symbolic link there is not followed, since the format has none.
void Copier::entry(const std::string& source, const std::string& to) {
  struct stat status{};
  if (lstat(source.c_str(), &status) != 0) {
    skip(fail_errno(errno, printable(source)).error());
    return;
  }
  if (S_ISDIR(status.st_mode)) {
    tree(source, to);
    return;
  }
  if (!S_ISREG(status.st_mode)) {
    skip(Error{Errc::not_regular,
               fmt::format("{}: neither file nor directory: skipped", printable(source))});
    return;
  }
  file(source, to);
}

void Copier::warn_of_small_buckets(const std::string& to) {
  struct statvfs room{};
  if (options_.stripes && !warned_ && statvfs(parent_of(to).c_str(), &room) == 0 &&
      bucket_is_small(*options_.stripes, room.f_blocks * room.f_frsize)) {
    warned_ = true;
    warn(context_, command_.program(), "buckets of less than 1 GiB: fine for tests");
  }
}

} // namespace famfs::tools
