// famfs verify: are a file's bytes those of its seed?
#include "commands.h"

#include "base/document.h"
#include "base/text.h"
#include "cli.h"
#include "content_args.h"
#include "existing_file.h"

#include <ostream>

namespace famfs::tools {
namespace {

struct Options {
  std::optional<std::string> seed, file;
  std::vector<std::string> multi;
  std::optional<std::uint32_t> threads;
  bool quiet = false;
  bool json = false;
};

void say(Context& context, const Options& options, const SeededFile& file, std::uint64_t size,
         const std::optional<std::uint64_t>& bad) {
  if (options.json) {
    context.out << to_json_line({{"file", to_utf8(file.path)},
                                 {"bytes", size},
                                 {"seed", file.seed},
                                 {"good", !bad},
                                 {"bad_offset", bad ? Document(*bad) : Document()}});
  } else if (!options.quiet && !bad) {
    context.out << fmt::format("{}: {} bytes are those of seed {}\n", printable(file.path), size,
                               file.seed);
  }
}

Result<void> verify(Context& context, const SeededFile& file, const Options& options) {
  auto opened = ExistingFile::open(file.path, false, false);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  const std::string name = printable(file.path);
  if (opened->size() == 0) {
    return fail(Errc::invalid, fmt::format("{}: empty: there is nothing to verify", name));
  }
  Progress progress(context, file.path, opened->size(), progress_style(options.json));
  const auto bad = compare(*seeded_content(file.seed), opened->target(),
                           {.size = opened->size(),
                            .threads = options.threads.value_or(0),
                            .interrupted = &context.interrupted,
                            .progress = &progress});
  progress.wipe();
  if (!bad) {
    return fail(bad.error().code, fmt::format("{}: {}", name, bad.error().message));
  }
  say(context, options, file, opened->size(), *bad);
  return *bad ? fail(Errc::corrupt, fmt::format("{}: differs from the content of seed {} at offset "
                                                "{}",
                                                name, file.seed, **bad))
              : Result<void>{};
}

Result<std::vector<SeededFile>> files_of(const Options& options) {
  if (options.multi.empty()) {
    if (!options.seed || !options.file) {
      return fail(Errc::invalid, "needs --seed and --file, or --multi");
    }
    const auto seed = parse_seed(*options.seed);
    if (!seed) {
      return std::unexpected(seed.error());
    }
    return std::vector{SeededFile{.path = *options.file, .seed = *seed}};
  }
  if (options.seed || options.file) {
    return fail(Errc::invalid, "--multi: names file and seed itself: leave out --seed and --file");
  }
  std::vector<SeededFile> files;
  for (const std::string& text : options.multi) {
    auto file = parse_seeded_file(text);
    if (!file) {
      return std::unexpected(file.error());
    }
    files.push_back(std::move(*file));
  }
  return files;
}

int verify_all(Context& context, const Command& command, const Options& options,
               const std::vector<SeededFile>& files) {
  int code = 0;
  std::size_t done = 0;
  for (const SeededFile& file : files) {
    auto verified = verify(context, file, options);
    if (context.interrupted.load()) {
      return command.fail(Error{Errc::interrupted, fmt::format("interrupted: {} of {} files "
                                                               "verified: run it again",
                                                               done, files.size())});
    }
    ++done;
    if (!verified) {
      code = command.fail(verified.error());
    }
  }
  return code;
}

} // namespace

int run_verify(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "famfs verify",
                            .purpose = "Compares files with the content of a seed, as famfs creat "
                                       "--randomize --seed makes it.",
                            .operands = ""});
  command.text('S', "seed", "SEED", "the seed, not 0", options.seed)
      .text('f', "file", "FILE", "the file", options.file)
      .list('m', "multi", "FILE,SEED", "several, each with its seed; may be given again",
            options.multi)
      .threads(options.threads)
      .flag('q', "quiet", "say nothing when all is well", options.quiet)
      .flag('\0', "json", "a line of JSON for each file; progress too, on standard error",
            options.json);
  if (auto code = command.parse(args, 0, 0)) {
    return *code;
  }
  const auto files = files_of(options);
  return files ? verify_all(context, command, options, *files) : command.fail(files.error());
}

} // namespace famfs::tools
