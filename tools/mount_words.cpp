#include "mount_words.h"

#include "base/fd.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::tools {
namespace {

// What the kernel says for a daemon that is gone, or is going.
bool is_gone(int error) {
  return error == ENOTCONN || error == ECONNABORTED;
}

// By name alone: of a path in a dead mount the kernel tells nothing.
Result<std::vector<MountPoint>> mount_by_name(const Context& context, const std::string& path) {
  std::error_code error;
  const std::string wanted =
      std::filesystem::absolute(path, error).lexically_normal().string() + '/';
  auto mounts = famfs_mounts(context);
  if (!mounts) {
    return mounts;
  }
  std::erase_if(
      *mounts, [&](const MountPoint& mount) { return !wanted.starts_with(mount.directory + '/'); });
  const auto inmost = std::ranges::max_element(
      *mounts, {}, [](const MountPoint& mount) { return mount.directory.size(); });
  if (inmost == mounts->end()) {
    return fail_errno(ENOTCONN, printable(path));
  }
  return std::vector{std::move(*inmost)};
}

} // namespace

Result<std::vector<MountPoint>> mounts_asked_for(const Context& context, const Args& operands) {
  if (operands.empty()) {
    return famfs_mounts(context);
  }
  const std::string& path = operands[0];
  struct stat status{};
  if (const auto slow = tell_when_slow(context, path); stat(path.c_str(), &status) != 0) {
    return is_gone(errno) ? mount_by_name(context, path) : fail_errno(errno, printable(path));
  }
  auto by_path = mount_of(context, path);
  if (by_path) {
    return std::vector{std::move(*by_path)};
  }
  auto by_device = mounts_of_device(context, path);
  if (by_device && by_device->empty()) {
    return fail(Errc::not_famfs,
                fmt::format("{}: neither in a famfs mount nor the device of one", printable(path)));
  }
  return by_device;
}

Result<Document> ask(const Context& context, const MountPoint& mount, Question question) {
  const auto slow = tell_when_slow(context, mount.directory);
  Document document{{"mount_point", to_utf8(mount.directory)},
                    {"device", to_utf8(mount.device)},
                    {"state", "live"}};
  const UniqueFd root(open(mount.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root && is_gone(errno)) {
    document["state"] = "dead";
    document["why"] = "the daemon is gone";
    document["what_to_do"] =
        fmt::format("famfs umount {}, then mount it again", to_utf8(mount.directory));
    return document;
  }
  if (!root) {
    return fail_errno(errno, printable(mount.directory));
  }
  auto told = question(root.get(), mount.directory);
  if (!told) {
    return told;
  }
  if (told->is_object()) { // the table's words stay first
    document.update(*told);
  }
  return document;
}

bool is_dead(const Document& told) {
  return told.value("state", "") == "dead";
}

} // namespace famfs::tools
