// famfs logplay: makes a mount follow the log now; or tells what that would bring; or writes the
// namespace as a tree of YAML files.
#include "commands.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli.h"
#include "format/layout.h"
#include "fs_ioctl.h"
#include "log/reader.h"
#include "mount_point.h"
#include "open_device.h"
#include "progress.h"
#include "shadow.h"
#include "volume/superblock_io.h"

#include <cerrno>
#include <ostream>

#include <fcntl.h>

namespace famfs::tools {
namespace {

struct Options {
  bool dry_run = false;
  bool verbose = false;
  bool json = false;
  bool read = false; // we always map, and copy what we look at: both are understood
  bool map = false;
  bool client = false;
  std::optional<std::string> shadow, device;
};

struct Played {
  std::uint64_t position = 0, files = 0, directories = 0, faults = 0;
};

class Teller final : public log::Reporter {
public:
  Teller(Context& context, const Command& command) : context_(context), command_(command) {}
  void fault(const format::Fault& fault) override {
    if (!fault.entry) {
      return; // the header's: then nothing is played, and the error says why
    }
    warn(context_, command_.program(), format::describe(fault));
    ++count;
  }
  std::uint64_t count = 0;

private:
  Context& context_;
  const Command& command_;
};

class Player {
public:
  Player(Context& context, const Command& command, const Options& options)
      : context_(context), options_(options), teller_(context, command), command_(command) {}

  Result<Played> on_mount(const std::string& path) {
    const UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
      return fail_errno(errno, printable(path));
    }
    if (options_.dry_run) {
      return dry_run(path, directory.get());
    }
    return follow(path, directory.get());
  }

  Result<Played> shadow(const std::string& device_path) {
    auto device = observe(device_path);
    if (!device) {
      return std::unexpected(device.error());
    }
    auto opened = volume::Volume::open(*device->memory, {.role = volume::Role::client}, teller_);
    if (!opened) {
      return std::unexpected(volume::cannot_open(device_path, opened.error()));
    }
    const volume::Usage usage = (*opened)->usage();
    Played played{.position = usage.log_entries,
                  .files = usage.files,
                  .directories = usage.directories,
                  .faults = teller_.count};
    if (options_.dry_run) {
      return played;
    }
    const auto wrote = write(**opened, usage.files);
    if (!wrote) {
      return std::unexpected(wrote.error());
    }
    if (wrote->failed != 0) {
      return fail(Errc::system, fmt::format("{}: {} files or directories could not be written",
                                            printable(*options_.shadow), wrote->failed));
    }
    played.files = wrote->files;
    played.directories = wrote->directories;
    return played;
  }

private:
  Result<OpenedDevice> observe(const std::string& path) {
    return open_device(context_, "famfs logplay", path, media::Access::read_only,
                       holder::ClaimMode::observe);
  }

  // The daemon takes a piece at a time.
  Result<Played> follow(const std::string& path, int directory) {
    Progress progress(context_, "log", 0, progress_style(options_.json));
    Played all;
    for (;;) {
      const auto played = log_play(directory, path);
      if (!played) {
        return std::unexpected(played.error());
      }
      all.position = played->position;
      all.files += played->files;
      all.directories += played->directories;
      all.faults += played->faults;
      if (played->left == 0) {
        return all;
      }
      const std::uint64_t committed = played->position + played->left;
      progress.set(played->position * format::kEntrySize, committed * format::kEntrySize);
      if (context_.interrupted.load()) {
        return fail(Errc::interrupted,
                    fmt::format("interrupted: {} of {} log entries replayed: run it again",
                                played->position, committed));
      }
    }
  }

  // A file is an entry of the log: by those bytes the progress goes.
  Result<ShadowReport> write(volume::Volume& volume, std::uint64_t files) {
    Progress progress(context_, *options_.shadow, files * format::kEntrySize,
                      progress_style(options_.json));
    auto wrote = write_shadow(
        volume, *options_.shadow,
        [&](const Error& error) {
          progress.wipe();
          command_.fail(error);
        },
        [&](std::uint64_t done) {
          progress.set(done * format::kEntrySize, files * format::kEntrySize);
          return !context_.interrupted.load();
        });
    if (wrote && context_.interrupted.load() && wrote->files + wrote->failed < files) {
      return fail(Errc::interrupted,
                  fmt::format("interrupted: {} of {} files written below {}: run it again",
                              wrote->files, files, printable(*options_.shadow)));
    }
    return wrote;
  }

  // From where the mount's daemon stands, without it: it is not to move.
  Result<Played> dry_run(const std::string& path, int directory) {
    const auto mount = mount_of(context_, path);
    if (!mount) {
      return std::unexpected(mount.error());
    }
    const auto told = status(directory, path);
    if (!told) {
      return std::unexpected(told.error());
    }
    const auto position = told->value(Document::json_pointer("/log/position"), std::uint64_t{0});
    auto device = observe(mount->device);
    if (!device) {
      return std::unexpected(device.error());
    }
    auto played = count_from(*device->memory, position);
    return played ? played : std::unexpected(volume::cannot_open(mount->device, played.error()));
  }

  Result<Played> count_from(const media::Memory& memory, std::uint64_t position) {
    const auto superblock = volume::valid_superblock(memory, memory.size());
    if (!superblock) {
      return std::unexpected(superblock.error());
    }
    Played played;
    const log::Reader reader(memory, format::geometry(*superblock, memory.size()));
    const auto header = reader.header(teller_);
    if (!header) {
      return std::unexpected(header.error());
    }
    Progress progress(context_, "log", 0, progress_style(options_.json));
    const auto apply = [&](std::uint64_t index,
                           const format::Entry& entry) -> std::optional<format::Fault> {
      progress.set(index * format::kEntrySize, header->next_index * format::kEntrySize);
      if (options_.verbose) {
        progress.wipe(); // it names what is new
      }
      count(entry, played);
      return std::nullopt;
    };
    const auto replayed = reader.replay(position, apply, teller_);
    if (!replayed) {
      return std::unexpected(replayed.error());
    }
    played.position = replayed->position;
    played.faults = teller_.count;
    return played;
  }

  void count(const format::Entry& entry, Played& played) {
    std::string_view path;
    if (const auto* file = std::get_if<format::FileEntry>(&entry.body)) {
      path = file->path.view();
      ++played.files;
    } else if (const auto* directory = std::get_if<format::MkdirEntry>(&entry.body)) {
      path = directory->path.view();
      ++played.directories;
    }
    if (options_.verbose && !path.empty() && !options_.json) {
      context_.out << "new: " << printable(path) << '\n';
    }
  }

  Context& context_;
  const Options& options_;
  Teller teller_;
  const Command& command_;
};

void say(Context& context, const Options& options, const Played& played) {
  if (options.json) {
    context.out << to_json({{"entries", played.position},
                            {"files", played.files},
                            {"directories", played.directories},
                            {"fault_count", played.faults},
                            {"dry_run", options.dry_run}});
    return;
  }
  context.out << fmt::format("famfs_logplay: {} log entries; {} new files; {} new directories\n",
                             played.position, played.files, played.directories);
}

std::optional<std::string> contradiction(const Options& options, const Args& operands) {
  if (options.read && options.map) {
    return "--read and --mmap: one excludes the other: give one";
  }
  if (options.device && !options.shadow) {
    return "--daxdev: only with --shadow";
  }
  if (operands.empty() == !options.device) {
    return options.device ? "--daxdev and a path: one excludes the other"
                          : "no path in a mount given";
  }
  return std::nullopt;
}

Result<Played> play(Context& context, Player& player, const Options& options,
                    const Args& operands) {
  if (options.device) {
    return player.shadow(*options.device);
  }
  if (!options.shadow) {
    return player.on_mount(operands[0]);
  }
  const auto mount = mount_of(context, operands[0]);
  return mount ? player.shadow(mount->device) : std::unexpected(mount.error());
}

} // namespace

int run_logplay(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "famfs logplay",
                            .purpose = "Makes a mount follow the log now, or writes the namespace "
                                       "as a tree of YAML files.",
                            .operands = "PATH"});
  command.flag('n', "dryrun", "tell what would be new, change nothing", options.dry_run)
      .text('S', "shadow", "DIRECTORY", "write one YAML file a file below DIRECTORY",
            options.shadow)
      .text('d', "daxdev", "DEVICE", "with --shadow: of DEVICE, mounted or not", options.device)
      .flag('v', "verbose", "with --dryrun: name what would be new", options.verbose)
      .flag('\0', "json", "the result as JSON; progress too, on standard error", options.json)
      .flag('r', "read", "accepted for scripts", options.read)
      .flag('m', "mmap", "accepted for scripts", options.map)
      .flag('c', "client", "accepted for scripts", options.client);
  if (auto code = command.parse(args, 0, 1)) {
    return *code;
  }
  if (const auto why = contradiction(options, command.operands())) {
    return command.usage(*why);
  }
  Player player(context, command, options);
  const auto played = play(context, player, options, command.operands());
  if (!played) {
    return command.fail(played.error());
  }
  say(context, options, *played);
  if (played->faults != 0) {
    warn(context, command.program(),
         fmt::format("{} entries are refused: famfs fsck tells more", played->faults));
  }
  return 0;
}

} // namespace famfs::tools
