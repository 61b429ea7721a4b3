// famfs: the sub-commands and which function each is.
#include "commands.h"

#include "base/text.h"
#include "cli.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace famfs::tools {
namespace {

struct SubCommand {
  std::string_view name;
  int (*run)(Context&, const Args&);
  std::string_view purpose;
};

constexpr auto kSubCommands = std::to_array<SubCommand>({
    {"mount", run_mount, "mount a file system"},
    {"umount", run_umount, "unmount it"},
    {"fsck", run_fsck, "check a file system, by device or by a path in its mount"},
    {"mkdir", run_mkdir, "make directories, with owner and mode"},
    {"cp", run_cp, "copy files in, with threads"},
    {"creat", run_creat, "make files of a size, empty of content or seeded"},
    {"verify", run_verify, "compare files with the content of a seed"},
    {"flush", run_flush, "write files back from this host's caches"},
    {"logplay", run_logplay, "follow the log, or write the namespace as YAML files"},
    {"getmap", run_getmap, "show a file's extents and how programs reach them"},
    {"chkread", run_chkread, "compare what read(2) and mmap(2) give of a file"},
    {"check", run_check, "look at the map of every file in a mount"},
    {"clone", run_clone, "make a cross-linked file, for testing fsck"},
    {"exec", run_exec, "run a program whose mmap(2) goes straight to the device"},
    {"status", run_status, "show what a mount's daemon knows"},
    {"metrics", run_metrics, "print what mounts count, in Prometheus text"},
    {"holders", run_holders, "show who holds which device"},
    {"devices", run_devices, "show the dax devices of this machine and what is on them"},
    {"probe", run_probe, "tell whether there is a file system on a device"},
    {"dump", run_dump, "show superblock, log and entries as YAML or JSON"},
    {"salvage", run_salvage, "copy what can be read out of a damaged file system"},
    {"config", run_config, "show the defaults that are in force, or check the file of them"},
});

std::vector<SubCommandInfo> infos() {
  std::vector<SubCommandInfo> all;
  all.reserve(kSubCommands.size());
  for (const SubCommand& command : kSubCommands) {
    all.push_back({command.name, command.purpose});
  }
  return all;
}

} // namespace

int run_famfs(Context& context, const Args& args) {
  Command command(context, {.program = "famfs",
                            .purpose = "Files in shared memory.",
                            .operands = "COMMAND [OPTION…] [ARGUMENT…]",
                            .stop_at_operand = true,
                            .notes = "\nfamfs COMMAND --help tells more.\n",
                            .commands = infos()});
  if (auto code = command.parse(args, 1)) {
    return *code;
  }
  const Args& words = command.operands();
  const auto found = std::ranges::find(kSubCommands, words[0], &SubCommand::name);
  if (found == kSubCommands.end()) {
    return command.usage(fmt::format("{}: no such command", printable(words[0])));
  }
  return found->run(context, Args(words.begin() + 1, words.end()));
}

} // namespace famfs::tools
