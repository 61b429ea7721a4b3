#include "last_close.h"

#include "base/want.h"
#include "mount_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

namespace fs = std::filesystem;

template <class T> std::optional<T> number(std::string_view text, int base = 10) {
  T value = 0;
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(begin);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) {
    return std::nullopt;
  }
  return value;
}

// The number after "Name:" in a file of such lines. `blind`: set if it could not be looked for.
template <class T>
std::optional<T> field(const fs::path& file, std::string_view name, bool& blind, int base = 10) {
  errno = 0;
  std::ifstream in(file);
  blind = blind || (!in.is_open() && is_want(errno));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) {
      return number<T>(std::string_view(line).substr(name.size()), base);
    }
  }
  return std::nullopt;
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

// Names in a directory that are numbers; what is not there has none. No directory_iterator: where
// it cannot have memory it ends the process.
template <class T> std::vector<T> numbers_in(const fs::path& directory, bool& blind) {
  std::vector<T> out;
  const std::unique_ptr<DIR, CloseDirectory> names(::opendir(directory.c_str()));
  blind = blind || (!names && is_want(errno));
  while (const dirent* const entry = names ? ::readdir(names.get()) : nullptr) {
    const std::string_view name(&entry->d_name[0]);
    const auto value = number<T>(name);
    if (value && name.find_first_not_of("0123456789") == std::string_view::npos) {
      out.push_back(*value);
    }
  }
  return out;
}

class Look {
public:
  Look(const fs::path& proc, const WatchedFile& file) : proc_(proc), file_(file) {}

  // Something could not be looked at for want of descriptors or memory.
  [[nodiscard]] bool is_blind() const noexcept { return blind_; }

  Writers family(pid_t closer) {
    const auto process = field<pid_t>(of(closer) / "status", "Tgid:", blind_);
    if (!process) {
      return Writers::nobody; // gone, and its descriptors with it
    }
    if (writes(*process)) {
      return Writers::closer;
    }
    for (auto parent = parent_of(*process); parent && *parent > 0; parent = parent_of(*parent)) {
      if (writes(*parent)) {
        return Writers::others;
      }
    }
    return descendants_write(*process) ? Writers::others : Writers::nobody;
  }

  bool anyone_writes() {
    return std::ranges::any_of(numbers_in<pid_t>(proc_, blind_),
                               [&](pid_t process) { return writes(process); });
  }

private:
  // Anyone can have a million descriptors. Past this it is as if one of them were the file: RELEASE
  // will tell, and nobody's close(2) takes seconds.
  static constexpr std::size_t kMost = 100'000;

  [[nodiscard]] fs::path of(pid_t process) const { return proc_ / std::to_string(process); }

  [[nodiscard]] std::optional<pid_t> parent_of(pid_t process) {
    return field<pid_t>(of(process) / "status", "PPid:", blind_);
  }

  bool writes(pid_t process) {
    if (!seen_.insert(process).second || process == ::getpid()) {
      return false;
    }
    const fs::path table = of(process);
    return std::ranges::any_of(numbers_in<int>(table / "fd", blind_), [&](int fd) {
      const std::string name = std::to_string(fd);
      return ++looked_at_ > kMost || is_writer(table, name);
    });
  }

  // Right under every mount point and bind mount of it.
  [[nodiscard]] bool is_named(const fs::path& link) const {
    std::array<char, 8192> buffer{};
    const ssize_t length = ::readlink(link.c_str(), buffer.data(), buffer.size());
    if (length <= 0) {
      return false;
    }
    std::string_view target(buffer.data(), static_cast<std::size_t>(length));
    constexpr std::string_view deleted = " (deleted)";
    const auto named = [&](std::string_view path) {
      return path.starts_with('/') && path.ends_with("/" + file_.name);
    };
    return named(target) ||
           (target.ends_with(deleted) && named(target.substr(0, target.size() - deleted.size())));
  }

  // Inode numbers are a file system's own, and ours are small: /dev/null or a terminal may have the
  // same. A file on another famfs mount, or on a mount that its process does not see (a container's
  // terminal), is taken for ours: then RELEASE commits.
  [[nodiscard]] bool is_elsewhere(const fs::path& info, const fs::path& mounts) {
    const auto id = field<std::uint64_t>(info, "mnt_id:", blind_);
    std::ifstream in(mounts);
    for (std::string line; id && std::getline(in, line);) {
      const auto mount = parse_mount_line(line);
      if (mount && mount->id == std::to_string(*id)) {
        return mount->type != "fuse.famfs";
      }
    }
    return false;
  }

  // The link is read only where the kernel does not tell the inode (before Linux 5.14): a closer
  // in the middle of execve(2) holds what newer kernels wait for when they read it, and waits for
  // us.
  [[nodiscard]] bool is_writer(const fs::path& table, const std::string& fd) {
    const fs::path info = table / "fdinfo" / fd;
    const auto flags = field<unsigned>(info, "flags:", blind_, 8);
    if (!flags || (*flags & O_ACCMODE) == O_RDONLY || (*flags & O_PATH) != 0) {
      return false;
    }
    const auto inode = field<std::uint64_t>(info, "ino:", blind_);
    if (!inode) {
      return is_named(table / "fd" / fd);
    }
    return *inode == file_.inode && !is_elsewhere(info, table / "mountinfo");
  }

  // Appended. False: the kernel tells none of its threads' children.
  bool add_children(pid_t process, std::vector<pid_t>& to) {
    bool known = false;
    for (const pid_t thread : numbers_in<pid_t>(of(process) / "task", blind_)) {
      std::ifstream children(of(process) / "task" / std::to_string(thread) / "children");
      known = known || children.is_open();
      for (pid_t child = 0; children >> child;) {
        to.push_back(child);
      }
    }
    return known;
  }

  // No recursion: anyone can have children's children by the ten thousand, and no stack is so deep.
  bool descendants_write(pid_t process) {
    std::vector<pid_t> left;
    // A kernel without CONFIG_PROC_CHILDREN tells no children: then look at everyone.
    if (!add_children(process, left)) {
      return anyone_writes();
    }
    while (!left.empty()) {
      const pid_t child = left.back();
      left.pop_back();
      if (writes(child)) {
        return true;
      }
      static_cast<void>(add_children(child, left)); // none: it is gone
    }
    return false;
  }

  const fs::path& proc_;
  const WatchedFile& file_;
  std::set<pid_t> seen_;
  std::size_t looked_at_ = 0;
  bool blind_ = false;
};

} // namespace

LastClose::LastClose(fs::path proc) : proc_(std::move(proc)) {}

pid_t LastClose::process_of(pid_t thread) const {
  bool blind = false; // then time ends what the process's exit would
  return thread <= 0
             ? 0
             : field<pid_t>(proc_ / std::to_string(thread) / "status", "Tgid:", blind).value_or(0);
}

Writers LastClose::writers(pid_t closer, Search search, const WatchedFile& file) const {
  if (closer <= 0) {
    return Writers::unknown;
  }
  Look look(proc_, file);
  // The family first in either case: it is where a second holder nearly always is.
  const Writers found = look.family(closer);
  if (found == Writers::nobody && search == Search::everyone && look.anyone_writes()) {
    return Writers::others;
  }
  return found == Writers::nobody && look.is_blind() ? Writers::unseen : found;
}

} // namespace famfs::daemon
