// famfs fsck and fsck.famfs: checks a file system and says what is wrong; with --repair mends what
// has one right answer.
#include "commands.h"

#include "alloc/striping.h"
#include "base/document.h"
#include "base/text.h"
#include "base/units.h"
#include "buckets.h"
#include "cli.h"
#include "format/layout.h"
#include "fsck_repair.h"
#include "open_device.h"
#include "progress.h"
#include "volume/check.h"

#include <ostream>

namespace famfs::tools {
namespace {

constexpr int kMended = 1; // an exit code

struct Options {
  bool verbose = false;
  bool human = false;
  bool json = false;
  bool map = false; // we always map, and copy what we look at: both are understood
  bool read = false;
  bool repair = false;
  bool dry_run = false;
  bool automatic = false; // -a, -p or -y
  std::optional<std::uint32_t> buckets;
};

// Faults are told as they are found, so that a long check is seen to get on.
class Teller final : public log::Reporter {
public:
  Teller(Context& context, Progress& progress, bool json)
      : context_(context), progress_(progress), json_(json) {}
  void fault(const format::Fault& fault) override {
    progress_.wipe();
    if (!json_) {
      context_.out << format::describe(fault) << ": " << format::meaning(fault.kind) << '\n';
      return;
    }
    Document one = to_document(fault);
    one["meaning"] = format::meaning(fault.kind);
    faults_.push_back(std::move(one));
  }
  [[nodiscard]] const Document& faults() const noexcept { return faults_; }

private:
  Context& context_;
  Progress& progress_;
  bool json_;
  Document faults_ = Document::array();
};

Document to_document(const std::vector<volume::BadPlace>& bad) {
  Document list = Document::array();
  for (const auto& place : bad) {
    list.push_back({{"offset", place.range.offset},
                    {"length", place.range.length},
                    {"where", volume::name(place.where)},
                    {"file", place.file.empty() ? Document() : Document(to_utf8(place.file))},
                    {"fault", place.harms()}});
  }
  return list;
}

void print_json(Context& context, const std::string& device, const volume::CheckReport& report,
                const Document& faults, const std::vector<std::uint64_t>& buckets,
                const std::optional<Repaired>& repaired) {
  Document document{{"device", to_utf8(device)},
                    {"clean", report.faults == 0},
                    {"device_size", report.device_bytes},
                    {"log_len", report.log_length},
                    {"log", {{"entries", report.entries}, {"capacity", report.capacity}}},
                    {"space",
                     {{"allocated", report.allocated_bytes},
                      {"free", report.free_bytes},
                      {"alloc_unit", report.alloc_unit}}},
                    {"files", report.files},
                    {"interleaved_files", report.interleaved_files},
                    {"directories", report.directories},
                    {"extents", report.extents},
                    {"file_bytes", report.file_bytes},
                    {"fault_count", report.faults},
                    {"faults", faults},
                    {"bad_memory", to_document(report.bad)},
                    {"repair", repaired ? to_document(*repaired) : Document()}};
  if (!buckets.empty()) {
    document["space"]["bucket_free"] = buckets;
  }
  context.out << to_json(document);
}

// Scripts look for "Device capacity", "Free space" and "log_len" and take the third or second word.
void print_text(Context& context, const Options& options, const volume::CheckReport& report,
                const std::vector<std::uint64_t>& buckets) {
  const auto bytes = [&](std::uint64_t count) {
    return options.human ? format_size(count) : std::to_string(count);
  };
  auto& out = context.out;
  for (const auto& place : report.bad) {
    out << (place.harms() ? "" : "note: ") << place.text() << '\n';
  }
  out << "Device capacity: " << bytes(report.device_bytes) << '\n';
  if (!report.usable) {
    return; // nothing else is known
  }
  if (options.verbose) {
    out << "log_len: " << bytes(report.log_length) << '\n'
        << "alloc_unit: " << bytes(report.alloc_unit) << '\n'
        << "Interleaved files: " << report.interleaved_files << '\n'
        << "Extents: " << report.extents << '\n';
  }
  out << fmt::format("Log entries: {} of {}\n", report.entries, report.capacity)
      << "Files: " << report.files << '\n'
      << "Directories: " << report.directories << '\n'
      << "File bytes: " << bytes(report.file_bytes) << '\n'
      << "Allocated space: " << bytes(report.allocated_bytes) << '\n'
      << "Free space: " << bytes(report.free_bytes) << '\n';
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    out << fmt::format("Bucket {} free: {}\n", i, bytes(buckets[i]));
  }
}

std::string verdict(const volume::CheckReport& report, const std::optional<Repaired>& repaired) {
  std::string text = report.faults == 0 ? "clean" : fmt::format("{} faults", report.faults);
  if (repaired && !repaired->mends.empty()) {
    text += fmt::format(", {} {}", repaired->mends.size(),
                        repaired->done ? "mended" : "would be mended");
  }
  return text;
}

Result<OpenedDevice> open(Context& context, const Options& options, const std::string& program,
                          const std::string& path) {
  const auto where = device_of_path(context, path);
  if (!where) {
    return std::unexpected(where.error());
  }
  const bool writes = options.repair && !options.dry_run;
  if (writes && where->by_mount) {
    return fail(Errc::busy, fmt::format("{}: mounted: umount it, then repair {}", printable(path),
                                        printable(where->device)));
  }
  // Of a mounted file system what is committed can be checked; by its device name somebody may mean
  // to have it alone.
  return open_device(context, program, where->device,
                     writes ? media::Access::read_write : media::Access::read_only,
                     writes            ? holder::ClaimMode::hold_alone
                     : where->by_mount ? holder::ClaimMode::observe
                                       : holder::ClaimMode::hold);
}

// The sum, as fsck(8) has it, of 1: mended, and 4: faults are there still.
int exit_of(const volume::CheckReport& report, const std::optional<Repaired>& repaired) {
  const bool mends = repaired && !repaired->mends.empty();
  const bool left = report.faults != 0 || (mends && !repaired->done);
  return (mends && repaired->done ? kMended : 0) |
         (left ? to_exit(Errc::corrupt, ExitStyle::fsck) : 0);
}

Result<int> check(Context& context, const Options& options, const std::string& program,
                  const std::string& path) {
  auto device = open(context, options, program, path);
  if (!device) {
    return std::unexpected(device.error());
  }
  Progress progress(context, "log", 0, progress_style(options.json));
  Teller teller(context, progress, options.json);
  const auto go_on = [&](std::uint64_t done, std::uint64_t entries) {
    progress.set(done * format::kEntrySize, entries * format::kEntrySize);
    return !context.interrupted.load();
  };
  std::optional<Repaired> repaired;
  if (options.repair) {
    auto mended = mend(context, *device, options.dry_run, go_on);
    progress.wipe();
    if (!mended) {
      return fail(mended.error().code,
                  fmt::format("{}: {}", printable(path), mended.error().message));
    }
    repaired = std::move(*mended);
    if (!options.json) {
      print_mends(context, *repaired);
    }
  }
  auto report = volume::check(*device->memory, teller, go_on, device->bad);
  progress.wipe();
  if (!report) {
    return fail(report.error().code,
                fmt::format("{}: {}", printable(path), report.error().message));
  }
  if (repaired && report->faults != 0) {
    look_for_lost(*device, *repaired);
  }
  std::vector<std::uint64_t> buckets;
  if (options.buckets && report->usable) {
    auto free = free_per_bucket(*device->memory, *options.buckets);
    if (!free) {
      return std::unexpected(free.error());
    }
    buckets = std::move(*free);
  }
  if (options.json) {
    print_json(context, device->info.path, *report, teller.faults(), buckets, repaired);
  } else {
    print_text(context, options, *report, buckets);
    if (repaired) {
      print_lost(context, *repaired, device->info.path);
    }
    context.out << printable(path) << ": " << verdict(*report, repaired) << '\n';
  }
  return exit_of(*report, repaired);
}

int run(Context& context, const Args& args, const CommandInfo& info, bool from_fsck8) {
  Options options;
  Command command(context, info);
  command.flag('v', "verbose", "more about log and extents", options.verbose)
      .flag('h', "human", "sizes as 1.5 GiB instead of bytes", options.human)
      .number('B', "nbuckets", "N", "free space in each of N equal parts, at most 64",
              options.buckets)
      .flag('m', "mmap", "accepted for scripts", options.map)
      .flag('r', "read", "accepted for scripts", options.read)
      .flag('\0', "json", "everything as JSON; progress too, on standard error", options.json)
      .flag('\0', "repair", "mend what has one right answer; asks nothing", options.repair)
      .flag('n', "dryrun", "change nothing; with --repair, show what it would mend",
            options.dry_run);
  if (from_fsck8) {
    for (const char key : {'a', 'p', 'y'}) {
      command.flag(key, "", "from fsck(8): --repair", options.automatic);
    }
  }
  if (auto code = command.parse(args, 1, 1)) {
    return *code;
  }
  if (options.automatic && options.dry_run) {
    return command.fail(Error{Errc::usage, "-n and -a, -p or -y: one excludes the other"});
  }
  options.repair |= options.automatic;
  if (options.map && options.read) {
    return command.fail(Error{Errc::usage, "--mmap and --read: one excludes the other: give one"});
  }
  if (options.buckets && (*options.buckets == 0 || *options.buckets > alloc::kMaxBuckets)) {
    return command.fail(Error{Errc::usage, fmt::format("--nbuckets {}: not from 1 to {}",
                                                       *options.buckets, alloc::kMaxBuckets)});
  }
  auto code = check(context, options, info.program, command.operands()[0]);
  return code ? *code : command.fail(code.error());
}

CommandInfo info_of(std::string program, int usage_exit) {
  return {.program = std::move(program),
          .purpose = "Checks a famfs file system, by its device or by a path in its mount. "
                     "Changes nothing but with --repair.",
          .operands = "PATH|DEVICE",
          .style = ExitStyle::fsck,
          .usage_exit = usage_exit,
          .help_keys = "?",
          .notes =
              "\nExit: 0 clean, 1 mended, 4 faults left (5: both), 8 could not run, 16 in use or "
              "wrong usage.\n",
          .results = {kMended, kMended | to_exit(Errc::corrupt, ExitStyle::fsck)}};
}

} // namespace

int run_fsck(Context& context, const Args& args) {
  return run(context, args, info_of("famfs fsck", to_exit(Errc::usage)), false);
}

// fsck(8) takes 2 for "reboot": for it a wrong command line is 16.
int run_fsck_famfs(Context& context, const Args& args) {
  return run(context, args, info_of("fsck.famfs", to_exit(Errc::usage, ExitStyle::fsck)), true);
}

} // namespace famfs::tools
