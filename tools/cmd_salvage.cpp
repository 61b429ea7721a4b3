// famfs salvage: copies out of a damaged file system what can be read.
#include "commands.h"

#include "base/text.h"
#include "base/units.h"
#include "cli.h"
#include "format/layout.h"
#include "fsck_repair.h"
#include "open_device.h"
#include "progress.h"
#include "salvager.h"

#include <cerrno>
#include <filesystem>
#include <ostream>

#include <fcntl.h>
#include <sys/stat.h>

namespace famfs::tools {
namespace {

// New, or empty: what is in it afterwards is what was on the device.
Result<UniqueFd> open_empty(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno(errno, printable(path));
  }
  UniqueFd root(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    return fail_errno(errno, printable(path));
  }
  std::error_code error;
  const bool empty = std::filesystem::is_empty(path, error);
  if (error || !empty) {
    return error ? fail_errno(error.value(), printable(path))
                 : fail(Errc::not_empty,
                        fmt::format("{}: not empty: name a new directory", printable(path)));
  }
  return root;
}

class Salvage {
public:
  Salvage(Context& context, const Command& command, bool json)
      : context_(context), command_(command), json_(json) {}

  Result<int> run(const std::string& path, const std::string& directory) {
    const auto where = device_of_path(context_, path);
    if (!where) {
      return std::unexpected(where.error());
    }
    auto device = open_device(context_, command_.program(), where->device, media::Access::read_only,
                              holder::ClaimMode::observe);
    if (!device) {
      return std::unexpected(device.error());
    }
    const auto found = look(*device);
    if (!found) {
      return fail(found.error().code,
                  fmt::format("{}: {}", printable(path), found.error().message));
    }
    const auto root = open_empty(directory);
    if (!root) {
      return std::unexpected(root.error());
    }
    const auto saved = save(*device, *found, *root);
    if (!saved) {
      return std::unexpected(saved.error());
    }
    json_ ? print_json(device->info.path, *found, *saved) : print_text(*found, *saved, directory);
    return conclude(*found, *saved);
  }

private:
  Result<volume::Survey> look(const OpenedDevice& device) {
    Progress progress(context_, "log", 0, progress_style(json_));
    return volume::survey(
        *device.memory,
        [&](std::uint64_t done, std::uint64_t entries) {
          progress.set(done * format::kEntrySize, entries * format::kEntrySize);
          return !context_.interrupted.load();
        },
        device.bad);
  }

  Result<Salvaged> save(const OpenedDevice& device, const volume::Survey& found,
                        const UniqueFd& root) {
    Progress progress(context_, "files", found.file_bytes, progress_style(json_));
    return salvage(*device.memory, device.bad, found, root,
                   {.go_on =
                        [&](std::uint64_t bytes) {
                          progress.add(bytes);
                          return !context_.interrupted.load();
                        },
                    .failed =
                        [&](const Error& error) {
                          progress.wipe();
                          static_cast<void>(command_.fail(error));
                        }});
  }

  void print_text(const volume::Survey& found, const Salvaged& saved,
                  const std::string& directory) {
    auto& out = context_.out;
    if (!found.superblock_used) {
      out << "note: the superblock cannot be believed: gone by the log header\n";
    }
    if (!found.header_used) {
      out << "note: the log header cannot be believed: every slot was looked at, and there may be "
             "files that were never committed\n";
    }
    for (const auto& lost : found.lost) {
      out << "lost: " << text_of(lost) << '\n';
    }
    for (const auto& file : saved.damaged) {
      for (const auto& range : file.bad) {
        out << fmt::format("damaged: \"{}\": {} bytes at offset {} cannot be read: zeroes\n",
                           printable(file.path), range.length, range.offset);
      }
    }
    out << fmt::format(
        "{}: {} of {} files ({} bytes), {} directories; {} files damaged, {} entries "
        "lost\n",
        printable(directory), saved.files, found.contents->tree.files(), saved.bytes,
        saved.directories, saved.damaged.size(), found.lost.size());
  }

  void print_json(const std::string& device, const volume::Survey& found, const Salvaged& saved) {
    Document damaged = Document::array();
    for (const auto& file : saved.damaged) {
      Document ranges = Document::array();
      for (const auto& range : file.bad) {
        ranges.push_back({{"offset", range.offset}, {"length", range.length}});
      }
      damaged.push_back({{"file", to_utf8(file.path)}, {"bad", std::move(ranges)}});
    }
    context_.out << to_json({{"device", to_utf8(device)},
                             {"superblock_used", found.superblock_used},
                             {"header_used", found.header_used},
                             {"saved_files", saved.files},
                             {"expected_files", found.contents->tree.files()},
                             {"directories", saved.directories},
                             {"bytes", saved.bytes},
                             {"interrupted", saved.interrupted},
                             {"damaged", std::move(damaged)},
                             {"lost", to_document(found.lost)}});
  }

  // 0: everything, 1: not everything.
  int conclude(const volume::Survey& found, const Salvaged& saved) {
    if (saved.interrupted) {
      return command_.fail(
          Error{Errc::interrupted,
                fmt::format("interrupted: {} of {} files saved: run it again into a new directory",
                            saved.files, found.contents->tree.files())});
    }
    const bool all = found.lost.empty() && saved.damaged.empty() && saved.failed == 0;
    return all ? 0 : to_exit(Errc::io);
  }

  Context& context_;
  const Command& command_;
  bool json_;
};

} // namespace

int run_salvage(Context& context, const Args& args) {
  bool json = false;
  Command command(context,
                  {.program = "famfs salvage",
                   .purpose = "Copies every committed file that can be read out of a damaged file "
                              "system, into a new or empty DIRECTORY. Changes nothing on DEVICE.",
                   .operands = "DEVICE|PATH DIRECTORY",
                   .notes = "\nExit: 0 everything, 1 not everything.\n"});
  command.flag('\0', "json",
               "what was saved and what was not as JSON; progress too, on standard error", json);
  if (auto code = command.parse(args, 2, 2)) {
    return *code;
  }
  const Args& operands = command.operands();
  auto code = Salvage(context, command, json).run(operands[0], operands[1]);
  return code ? *code : command.fail(code.error());
}

} // namespace famfs::tools
