#include "salvager.h"

#include "base/text.h"
#include "base/units.h"
#include "path_text.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

constexpr std::size_t kReadAtOnce = MiB;

// Whoever may write to the directory may put links into it while we work. (glibc has no wrapper.)
Result<UniqueFd> open_beneath(const UniqueFd& root, const std::string& path, int flags,
                              mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
  if (fd < 0) {
    return fail_errno(errno, printable(path));
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<void> write_all(int fd, Bytes bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno != EINTR) {
      return fail_errno(errno, printable(path));
    }
    const auto done = static_cast<std::size_t>(std::max<ssize_t>(wrote, 0));
    bytes = bytes.subspan(done);
    offset += done;
  }
  return {};
}

Result<void> give(int fd, const tree::NodeInfo& info, const std::string& path) {
  if (geteuid() == 0 && info.entry != volume::kNoEntry && fchown(fd, info.uid, info.gid) != 0) {
    return fail_errno(errno, printable(path));
  }
  if (fchmod(fd, info.mode & format::kModeBits) != 0) { // after the owner, who clears bits
    return fail_errno(errno, printable(path));
  }
  return {};
}

class Salvager {
public:
  Salvager(const media::Memory& memory, const media::BadRanges& bad, const tree::Tree& tree,
           const UniqueFd& root, const SalvageCalls& calls)
      : memory_(memory), bad_(bad), tree_(tree), root_(root), calls_(calls), buffer_(kReadAtOnce) {}

  Result<Salvaged> run() {
    std::vector<tree::NodeId> directories{tree::kRoot};
    // Grows while it is walked: each directory comes before what is in it.
    for (std::size_t i = 0; i < directories.size() && !done_.interrupted; ++i) {
      if (auto filled = fill(directories[i], directories); !filled) {
        return std::unexpected(filled.error());
      }
    }
    // From the inside out, when nothing more is to be made in them.
    for (std::size_t i = directories.size(); i-- > 1;) {
      finish_directory(directories[i]);
    }
    if (syncfs(root_.get()) != 0) { // the device may be formatted next
      return fail_errno(errno, "what was written may not be on the disk");
    }
    return std::move(done_);
  }

private:
  // An error: no more can be written at all.
  Result<void> fill(tree::NodeId directory, std::vector<tree::NodeId>& directories) {
    std::uint64_t cookie = 0;
    while (const auto child = tree_.next_child(directory, cookie)) {
      cookie = child->cookie;
      if (!calls_.go_on(0)) {
        done_.interrupted = true;
        return {};
      }
      const auto info = tree_.info(child->id);
      const std::string path = tree_.path(child->id);
      const bool is_directory = info->kind == tree::Kind::directory;
      const auto made = is_directory ? make_directory(path) : save(child->id, *info, path);
      if (!made) {
        if (made.error().code == Errc::no_space) {
          return made;
        }
        ++done_.failed;
        calls_.failed(made.error());
      } else if (is_directory) {
        directories.push_back(child->id);
      }
    }
    return {};
  }

  [[nodiscard]] Result<UniqueFd> open_parent(const std::string& path) const {
    const std::string parent = parent_of(path);
    return open_beneath(root_, parent, O_RDONLY | O_DIRECTORY);
  }

  Result<void> make_directory(const std::string& path) {
    const auto parent = open_parent(path);
    if (!parent) {
      return std::unexpected(parent.error());
    }
    if (mkdirat(parent->get(), name_of(path).c_str(), 0700) != 0) {
      return fail_errno(errno, printable(path));
    }
    ++done_.directories;
    return {};
  }

  void finish_directory(tree::NodeId id) {
    const std::string path = tree_.path(id);
    const auto fd = open_beneath(root_, path, O_RDONLY | O_DIRECTORY);
    const auto given =
        fd ? give(fd->get(), *tree_.info(id), path) : Result<void>(std::unexpected(fd.error()));
    if (!given) {
      ++done_.failed;
      calls_.failed(given.error());
    }
  }

  Result<void> save(tree::NodeId id, const tree::NodeInfo& info, const std::string& path) {
    const auto fd = open_beneath(root_, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!fd) {
      return std::unexpected(fd.error());
    }
    DamagedFile damaged{.path = path, .bad = {}};
    auto written = write_content(fd->get(), id, info, damaged);
    if (written && !done_.interrupted) {
      written = give(fd->get(), info, path);
    }
    if (!written || done_.interrupted) {
      if (const auto parent = open_parent(path)) {
        unlinkat(parent->get(), name_of(path).c_str(), 0);
      }
      return written;
    }
    ++done_.files;
    done_.bytes += info.size;
    if (!damaged.bad.empty()) {
      damaged.bad = media::tidy(std::move(damaged.bad), info.size);
      done_.damaged.push_back(std::move(damaged));
    }
    return {};
  }

  Result<void> write_content(int fd, tree::NodeId id, const tree::NodeInfo& info,
                             DamagedFile& damaged) {
    const format::FileMap map = tree_.map(id);
    for (std::uint64_t at = 0; at < info.size;) {
      const auto piece =
          MutableBytes(buffer_).first(std::min<std::uint64_t>(kReadAtOnce, info.size - at));
      auto read = volume::read_around(memory_, bad_, map, at, piece,
                                      [&](std::uint64_t offset, std::uint64_t length) {
                                        damaged.bad.push_back({.offset = offset, .length = length});
                                      });
      if (read) {
        read = write_all(fd, piece, at, damaged.path);
      }
      if (!read) {
        return read;
      }
      at += piece.size();
      if (!calls_.go_on(piece.size())) {
        done_.interrupted = true;
        return {};
      }
    }
    return {};
  }

  const media::Memory& memory_;
  const media::BadRanges& bad_;
  const tree::Tree& tree_;
  const UniqueFd& root_;
  const SalvageCalls& calls_;
  std::vector<std::byte> buffer_;
  Salvaged done_;
};

} // namespace

Result<Salvaged> salvage(const media::Memory& memory, const media::BadRanges& bad,
                         const volume::Survey& survey, const UniqueFd& root,
                         const SalvageCalls& calls) {
  return Salvager(memory, bad, survey.contents->tree, root, calls).run();
}

} // namespace famfs::tools
