// famfs mkdir: mkdir(2) on the mount, as the owner that is asked for.
#include "commands.h"

#include "base/text.h"
#include "cli.h"
#include "identity.h"
#include "mount_point.h"
#include "new_file.h"
#include "path_text.h"

#include <cerrno>
#include <ostream>

#include <sys/stat.h>

namespace famfs::tools {
namespace {

class Maker {
public:
  Maker(Context& context, Ownership ownership, bool verbose)
      : context_(context), ownership_(ownership), verbose_(verbose) {}

  Result<void> one(const std::string& path) {
    if (auto mount = mount_of(context_, parent_of(path)); !mount) {
      return std::unexpected(mount.error());
    }
    auto made = make_directory(path, ownership_);
    if (!made && made.error().code == Errc::exists) {
      made.error().message += ": --parents takes a directory that is there";
    }
    if (!made) {
      return std::unexpected(with_room_left(std::move(made.error()), path));
    }
    if (verbose_) {
      context_.out << "made " << printable(path) << '\n';
    }
    return {};
  }

  // Every directory on the way that is missing; one that somebody else makes meanwhile is as good.
  Result<void> with_parents(const std::string& path) {
    for (auto end = path.find_first_not_of('/'); end < path.size();) {
      end = std::min(path.find('/', end), path.size());
      const std::string prefix = path.substr(0, end);
      if (auto there = ensure(prefix); !there) {
        return there;
      }
      end = path.find_first_not_of('/', end);
    }
    auto mount = mount_of(context_, path); // all of it may have been there, elsewhere
    return mount ? Result<void>{} : std::unexpected(mount.error());
  }

private:
  Result<void> ensure(const std::string& path) {
    if (is_directory(path)) {
      return {};
    }
    auto made = one(path);
    if (!made && made.error().code == Errc::exists && is_directory(path)) {
      return {};
    }
    return made;
  }
  static bool is_directory(const std::string& path) {
    struct stat status{};
    return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  }

  Context& context_;
  Ownership ownership_;
  bool verbose_;
};

} // namespace

int run_mkdir(Context& context, const Args& args) {
  bool parents = false;
  bool verbose = false;
  Ownership ownership;
  Command command(context, {.program = "famfs mkdir",
                            .purpose = "Makes directories on a famfs mount. A directory keeps its "
                                       "mode and owner for good.",
                            .operands = "DIRECTORY…"});
  command.flag('p', "parents", "missing parents too; what is there already is fine", parents)
      .mode(ownership.mode)
      .owner(ownership.uid, ownership.gid)
      .flag('v', "verbose", "name each directory made", verbose);
  if (auto code = command.parse(args, 1)) {
    return *code;
  }
  Maker maker(context, ownership, verbose);
  int code = 0;
  for (const std::string& path : command.operands()) {
    if (auto made = parents ? maker.with_parents(path) : maker.one(path); !made) {
      code = command.fail(made.error());
    }
  }
  return code;
}

} // namespace famfs::tools
