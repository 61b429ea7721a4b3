// famfs status: what the daemons of the mounts know.
#include "commands.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli.h"
#include "fs_ioctl.h"
#include "mount_point.h"
#include "table.h"

#include <algorithm>
#include <cerrno>
#include <ostream>

#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::tools {
namespace {

Result<std::vector<MountPoint>> mounts_asked_for(const Context& context, const Args& operands) {
  if (operands.empty()) {
    return famfs_mounts(context);
  }
  const std::string& path = operands[0];
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, printable(path));
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

Result<Document> status_of(const MountPoint& mount) {
  const UniqueFd root(open(mount.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    return fail_errno(errno, printable(mount.directory));
  }
  auto told = status(root.get(), mount.directory);
  if (!told) {
    return told;
  }
  // What the kernel's table says comes first, whatever the daemon adds.
  Document document{{"mount_point", to_utf8(mount.directory)}, {"device", to_utf8(mount.device)}};
  if (told->is_object()) {
    for (const auto& [key, value] : told->items()) {
      document[key] = value;
    }
  }
  return document;
}

} // namespace

int run_status(Context& context, const Args& args) {
  bool json = false;
  Command command(context, {.program = "famfs status",
                            .purpose = "Shows what the daemon of a mount, or of every famfs mount, "
                                       "knows: role, access path, space, log, faults.",
                            .operands = "[PATH|DEVICE]"});
  command.flag('\0', "json", "as JSON: a list with one object a mount", json);
  if (auto code = command.parse(args, 0, 1)) {
    return *code;
  }
  const auto mounts = mounts_asked_for(context, command.operands());
  if (!mounts) {
    return command.fail(mounts.error());
  }
  int code = 0;
  Document all = Document::array();
  for (const MountPoint& mount : *mounts) {
    auto document = status_of(mount);
    if (!document) {
      code = command.fail(document.error()); // a daemon that hangs or died hides no other
      continue;
    }
    all.push_back(std::move(*document));
  }
  if (json) {
    context.out << to_json(all);
    return code;
  }
  for (const Document& document : all) {
    context.out << (&document == &all.front() ? "" : "\n");
    print_leaves(context.out, document);
  }
  return code;
}

} // namespace famfs::tools
