// famfs: the sub-commands and which function each is.
#include "commands.h"

#include "base/text.h"
#include "cli.h"

#include <algorithm>
#include <array>
#include <ostream>
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
    {"exec", run_exec, "run a program whose mmap(2) goes straight to the device"},
    {"status", run_status, "show what a mount's daemon knows"},
    {"holders", run_holders, "show who holds which device"},
    {"devices", run_devices, "show the dax devices of this machine and what is on them"},
    {"dump", run_dump, "show superblock, log and entries as YAML or JSON"},
});

void print_help(std::ostream& out) {
  out << "usage: famfs COMMAND [OPTION…] [ARGUMENT…]\nFiles in shared memory.\n\n";
  for (const SubCommand& command : kSubCommands) {
    out << fmt::format("  {:<10} {}\n", command.name, command.purpose);
  }
  out << "\nfamfs COMMAND --help tells more; famfs --version, which version.\n";
}

} // namespace

int run_famfs(Context& context, const Args& args) {
  if (args.empty()) {
    print_help(context.err);
    return to_exit(Errc::usage);
  }
  const std::string& word = args[0];
  if (word == "-h" || word == "--help" || word == "help") {
    print_help(context.out);
    return 0;
  }
  if (word == "--version" || word == "version") {
    context.out << "famfs " << FAMFS_VERSION << '\n';
    return 0;
  }
  const auto found = std::ranges::find(kSubCommands, word, &SubCommand::name);
  if (found == kSubCommands.end()) {
    context.err
        << "famfs: " << printable(word)
        << ": no such command\nusage: famfs COMMAND [OPTION…] [ARGUMENT…]; --help tells more\n";
    return to_exit(Errc::usage);
  }
  return found->run(context, Args(args.begin() + 1, args.end()));
}

} // namespace famfs::tools
