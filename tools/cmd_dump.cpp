// famfs dump: superblock, log and entries, for people and programs.
#include "commands.h"

#include "base/document.h"
#include "cli.h"
#include "open_device.h"
#include "volume/check.h"

#include <ostream>

namespace famfs::tools {
namespace {

Result<Document> dump(Context& context, const std::string& path) {
  auto where = device_of_path(context, path);
  if (!where) {
    return std::unexpected(where.error());
  }
  auto device = open_device(context, "famfs dump", where->device, media::Access::read_only,
                            holder::ClaimMode::observe);
  if (!device) {
    return std::unexpected(device.error());
  }
  return volume::dump(*device->memory);
}

} // namespace

int run_dump(Context& context, const Args& args) {
  bool json = false;
  bool yaml = false;
  Command command(context, {.program = "famfs dump",
                            .purpose = "Shows superblock, log and entries of a file system, by its "
                                       "device (mounted or not) or by a path in its mount.",
                            .operands = "DEVICE|PATH"});
  command.flag('\0', "json", "as JSON", json).flag('\0', "yaml", "as YAML (the default)", yaml);
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  if (json && yaml) {
    return command.usage("--json and --yaml: one excludes the other");
  }
  const auto document = dump(context, command.operands()[0]);
  if (!document) {
    return command.fail(document.error());
  }
  context.out << (json ? to_json(*document) : to_yaml(*document));
  return 0;
}

} // namespace famfs::tools
