// famfs status: what the daemons of the mounts know.
#include "commands.h"

#include "cli.h"
#include "fs_ioctl.h"
#include "mount_words.h"
#include "table.h"

#include <ostream>

namespace famfs::tools {

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
    auto document = ask(context, mount, status);
    if (!document) {
      code = command.fail(document.error()); // and hides no other
      continue;
    }
    code = is_dead(*document) ? 1 : code;
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
