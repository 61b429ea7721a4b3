// famfs creat: files of a given size, zero or with the content of a seed.
#include "commands.h"

#include "base/document.h"
#include "base/text.h"
#include "base/units.h"
#include "cli.h"
#include "content_args.h"
#include "existing_file.h"
#include "fs_ioctl.h"
#include "mount_point.h"
#include "new_file.h"
#include "path_text.h"
#include "striping.h"
#include "volume/defaults.h"

#include <ostream>

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace famfs::tools {
namespace {

struct Options {
  std::optional<std::uint64_t> size;
  bool randomize = false;
  bool verbose = false;
  bool json = false;
  std::optional<std::string> seed;
  std::vector<std::string> multi;
  std::optional<std::uint32_t> threads;
  Ownership ownership;
  StripeOptions stripes;
};

// One file to make; what it holds.
struct Wanted {
  std::string path;
  std::optional<std::uint64_t> size; // none: as it is
  std::optional<std::uint32_t> seed; // none: zeroes, or as it is
};

class Creator {
public:
  Creator(Context& context, const Command& command, const Options& options,
          std::optional<alloc::Stripes> stripes)
      : context_(context), command_(command), options_(options), stripes_(stripes) {}

  Result<void> make(const Wanted& wanted) {
    struct stat status{};
    const bool there = lstat(wanted.path.c_str(), &status) == 0;
    auto mount = mount_of(context_, there ? wanted.path : parent_of(wanted.path));
    if (!mount) {
      return std::unexpected(mount.error());
    }
    return there ? refill(wanted) : fresh(wanted);
  }

private:
  Result<void> fresh(const Wanted& wanted) {
    if (wanted.size.value_or(0) == 0) {
      return fail(Errc::invalid, fmt::format("{}: a new file needs a size: give --size, not 0",
                                             printable(wanted.path)));
    }
    warn_of_small_buckets(wanted.path);
    auto file = NewFile::make(wanted.path, {.ownership = options_.ownership,
                                            .size = *wanted.size,
                                            .stripes = stripes_,
                                            .raw = wanted.seed.has_value()});
    if (!file) {
      return std::unexpected(file.error());
    }
    if (wanted.seed) {
      if (auto filled = fill(wanted, file->target(), *wanted.size); !filled) {
        return filled;
      }
    }
    auto done = file->commit();
    if (done) {
      say("made", wanted, *wanted.size);
    }
    return done;
  }

  Result<void> refill(const Wanted& wanted) {
    auto file = ExistingFile::open(wanted.path, wanted.seed.has_value(), true);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (wanted.size.value_or(file->size()) != file->size()) {
      return fail(Errc::exists, fmt::format("{}: is there with {} bytes, not {}: a file's size is "
                                            "fixed: choose another name",
                                            printable(wanted.path), file->size(), *wanted.size));
    }
    if (!wanted.seed || file->size() == 0) {
      say("there", wanted, file->size());
      return {};
    }
    if (auto filled = fill(wanted, file->target(), file->size()); !filled) {
      return filled;
    }
    say("randomized", wanted, file->size());
    return commit(file->fd(), wanted.path); // somebody else's may be pending still
  }

  Result<void> fill(const Wanted& wanted, Target& target, std::uint64_t size) {
    Progress progress(context_, wanted.path, size, progress_style(options_.json));
    return copy(*seeded_content(*wanted.seed), target,
                {.size = size,
                 .threads = options_.threads.value_or(0),
                 .interrupted = &context_.interrupted,
                 .progress = &progress});
  }

  void say(std::string_view done, const Wanted& wanted, std::uint64_t size) {
    if (options_.json) {
      context_.out << to_json_line({{"file", to_utf8(wanted.path)},
                                    {"done", done},
                                    {"bytes", size},
                                    {"seed", wanted.seed ? Document(*wanted.seed) : Document()}});
    } else if (options_.verbose) {
      context_.out << fmt::format("{} {}: {} bytes{}\n", done, printable(wanted.path), size,
                                  wanted.seed ? fmt::format(", seed {}", *wanted.seed) : "");
    }
  }

  void warn_of_small_buckets(const std::string& path) {
    struct statvfs room{};
    if (stripes_ && !warned_ && statvfs(parent_of(path).c_str(), &room) == 0 &&
        bucket_is_small(*stripes_, room.f_blocks * room.f_frsize)) {
      warned_ = true;
      warn(context_, command_.program(), "buckets of less than 1 GiB: fine for tests");
    }
  }

  Context& context_;
  const Command& command_;
  const Options& options_;
  std::optional<alloc::Stripes> stripes_;
  bool warned_ = false;
};

Result<Wanted> single(const Options& options, const Args& operands) {
  if (operands.size() != 1) {
    return fail(Errc::invalid,
                fmt::format("{} files named: give one, or --multi", operands.size()));
  }
  if (options.seed && !options.randomize) {
    return fail(Errc::invalid, "--seed: means nothing without --randomize: give both");
  }
  Wanted wanted{.path = operands[0], .size = options.size, .seed = {}};
  if (options.seed) {
    const auto seed = parse_seed(*options.seed);
    if (!seed) {
      return std::unexpected(seed.error());
    }
    wanted.seed = *seed;
  } else if (options.randomize) {
    wanted.seed = random_seed();
  }
  return wanted;
}

std::optional<std::string> mixed(const Options& options, const Args& operands) {
  if (!operands.empty() || options.size || options.seed) {
    return "--multi: names file, size and seed itself: leave out FILE, --size and --seed";
  }
  if (options.threads == 0U) {
    return "--threadct 0: with --multi give at least 1";
  }
  return std::nullopt;
}

// The good ones are made whatever the others are.
int make_all(const Context& context, Creator& creator, const Command& command,
             const std::vector<Result<Wanted>>& files) {
  int code = 0;
  std::size_t done = 0;
  for (const auto& file : files) {
    auto made = file ? creator.make(*file) : std::unexpected(file.error());
    done += made ? 1 : 0;
    if (context.interrupted.load() && done < files.size()) {
      return command.fail(Error{Errc::interrupted, fmt::format("interrupted: {} of {} files made: "
                                                               "run it again for the others",
                                                               done, files.size())});
    }
    if (!made) {
      code = command.fail(made.error());
    }
  }
  return code;
}

std::vector<Result<Wanted>> multi(const Options& options) {
  std::vector<Result<Wanted>> files;
  for (const std::string& text : options.multi) {
    const auto file = parse_sized_file(text);
    if (!file) {
      files.emplace_back(std::unexpected(file.error()));
      continue;
    }
    std::optional<std::uint32_t> seed = file->seed;
    if (!seed && options.randomize) {
      seed = random_seed();
    }
    files.emplace_back(Wanted{.path = file->path, .size = file->size, .seed = seed});
  }
  return files;
}

void declare(Command& command, Options& options) {
  command.size('s', "size", "the file's size", options.size)
      .flag('r', "randomize", "fill it with the content of a seed", options.randomize)
      .text('S', "seed", "SEED", "that seed, not 0; else a random one", options.seed)
      .list('M', "multi", "FILE,SIZE[,SEED]", "several files; may be given again", options.multi)
      .threads(options.threads)
      .mode(options.ownership.mode)
      .owner(options.ownership.uid, options.ownership.gid)
      .number('N', "nstrips", "N", "interleave over N strips, at most 16; 0: not …",
              options.stripes.strips)
      .number('B', "nbuckets", "N", "… each in another of N parts of the device, at most 64",
              options.stripes.buckets)
      .size('C', "chunksize", "… in chunks of this size (2m)", options.stripes.chunk)
      .flag('v', "verbose", "name each file made", options.verbose)
      .flag('\0', "json", "a line of JSON for each file; progress too, on standard error",
            options.json);
}

} // namespace

int run_creat(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "famfs creat",
                            .purpose = "Makes a file of a given size on a famfs mount. One that is "
                                       "there with that size is fine.",
                            .operands = "[FILE]"});
  declare(command, options);
  if (auto code = command.parse(args)) {
    return *code;
  }
  const auto file = volume::read_defaults(context.config);
  if (!file) {
    return command.fail(file.error());
  }
  const auto stripes = alloc::stripes_of(given_or(options.stripes, file->config.allocation));
  if (!stripes) {
    return command.fail(stripes.error().error(Errc::invalid));
  }
  Creator creator(context, command, options, *stripes);
  if (!options.multi.empty()) {
    if (const auto why = mixed(options, command.operands())) {
      return command.fail(Error{Errc::invalid, *why});
    }
    return make_all(context, creator, command, multi(options));
  }
  return make_all(context, creator, command, {single(options, command.operands())});
}

} // namespace famfs::tools
