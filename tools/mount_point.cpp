#include "mount_point.h"

#include "base/text.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace famfs::tools {
namespace {

// The kernel writes blank, tab, newline and backslash as three octal digits.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 3, byte, 8).ptr == &text[i + 1] + 3) {
      plain += static_cast<char>(byte);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::optional<std::uint64_t> parse_device_number(const std::string& text) {
  unsigned major = 0;
  unsigned minor = 0;
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  const char* const middle = text.data() + colon;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), middle, major).ptr != middle ||
      std::from_chars(middle + 1, end, minor).ptr != end) {
    return std::nullopt;
  }
  return makedev(major, minor);
}

// proc(5): "36 35 98:0 /root /mnt rw,noatime shared:1 - type source options".
std::optional<MountPoint> parse_line(const std::string& line) {
  std::istringstream words(line);
  std::string skipped, device_number, directory, options, word, type, source, own_options;
  words >> skipped >> skipped >> device_number >> skipped >> directory >> options;
  while (words >> word && word != "-") {
  }
  if (!(words >> type >> source >> own_options) || (type != "fuse.famfs" && type != "famfs")) {
    return std::nullopt;
  }
  const auto number = parse_device_number(device_number);
  if (!number) {
    return std::nullopt;
  }
  return MountPoint{.device = unescape(source),
                    .directory = unescape(directory),
                    .options = own_options,
                    .read_only = (options + ',').starts_with("ro,"),
                    .st_dev = *number};
}

bool same_node(const struct stat& a, const struct stat& b) {
  if (S_ISCHR(a.st_mode) && S_ISCHR(b.st_mode)) {
    return a.st_rdev == b.st_rdev;
  }
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

} // namespace

SlowAnswer tell_when_slow(const Context& context, std::string path) {
  return {std::move(path), context.answer_within,
          [&err = context.err](const std::string& line) { err << "famfs: " << line << std::endl; }};
}

Result<std::vector<MountPoint>> famfs_mounts(const Context& context) {
  std::ifstream table(context.mount_table);
  if (!table) {
    return fail(Errc::system,
                fmt::format("{}: cannot be read: is /proc mounted?", context.mount_table));
  }
  std::vector<MountPoint> mounts;
  for (std::string line; std::getline(table, line);) {
    if (auto mount = parse_line(line)) {
      mounts.push_back(std::move(*mount));
    }
  }
  return mounts;
}

Result<MountPoint> mount_of(const Context& context, const std::string& path) {
  const auto slow = tell_when_slow(context, path);
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, printable(path));
  }
  auto mounts = famfs_mounts(context);
  if (!mounts) {
    return std::unexpected(mounts.error());
  }
  // A mount moved or bound elsewhere has several lines; any of them names the device.
  for (auto& mount : *mounts) {
    if (mount.st_dev == status.st_dev) {
      return std::move(mount);
    }
  }
  return fail(Errc::not_famfs,
              fmt::format("{}: not on a famfs mount: famfs status lists them", printable(path)));
}

Result<std::vector<MountPoint>> mounts_of_device(const Context& context,
                                                 const std::string& device) {
  struct stat wanted{};
  if (stat(device.c_str(), &wanted) != 0) {
    return fail_errno(errno, printable(device));
  }
  auto mounts = famfs_mounts(context);
  if (!mounts) {
    return std::unexpected(mounts.error());
  }
  std::erase_if(*mounts, [&](const MountPoint& mount) {
    struct stat status{};
    return stat(mount.device.c_str(), &status) != 0 || !same_node(wanted, status);
  });
  return std::move(*mounts);
}

} // namespace famfs::tools
