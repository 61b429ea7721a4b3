// famfs verify: are a file's bytes those of its seed?
#include "commands.h"

#include "base/text.h"
#include "cli.h"
#include "content_args.h"
#include "existing_file.h"

#include <ostream>

namespace famfs::tools {
namespace {

Result<void> verify(Context& context, const SeededFile& file, unsigned threads, bool quiet) {
  auto opened = ExistingFile::open(file.path, false, false);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  const std::string name = printable(file.path);
  if (opened->size() == 0) {
    return fail(Errc::invalid, fmt::format("{}: empty: there is nothing to verify", name));
  }
  Progress progress(context, file.path, opened->size());
  const auto bad = compare(*seeded_content(file.seed), opened->target(),
                           {.size = opened->size(),
                            .threads = threads,
                            .interrupted = &context.interrupted,
                            .progress = &progress});
  if (!bad) {
    return fail(bad.error().code, fmt::format("{}: {}", name, bad.error().message));
  }
  if (*bad) {
    return fail(Errc::corrupt, fmt::format("{}: differs from the content of seed {} at offset {}",
                                           name, file.seed, **bad));
  }
  if (!quiet) {
    context.out << fmt::format("{}: {} bytes are those of seed {}\n", name, opened->size(),
                               file.seed);
  }
  return {};
}

struct Options {
  std::optional<std::string> seed, file;
  std::vector<std::string> multi;
};

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

} // namespace

int run_verify(Context& context, const Args& args) {
  Options options;
  std::optional<std::uint32_t> threads;
  bool quiet = false;
  Command command(context, {.program = "famfs verify",
                            .purpose = "Compares files with the content of a seed, as famfs creat "
                                       "--randomize --seed makes it.",
                            .operands = ""});
  command.text('S', "seed", "SEED", "the seed, not 0", options.seed)
      .text('f', "file", "FILE", "the file", options.file)
      .list('m', "multi", "FILE,SEED", "several, each with its seed; may be given again",
            options.multi)
      .threads(threads)
      .flag('q', "quiet", "say nothing when all is well", quiet);
  if (auto code = command.parse(args, 0, 0)) {
    return *code;
  }
  const auto files = files_of(options);
  if (!files) {
    return command.fail(files.error());
  }
  int code = 0;
  for (const SeededFile& file : *files) {
    if (auto verified = verify(context, file, threads.value_or(0), quiet); !verified) {
      code = command.fail(verified.error());
    }
  }
  return code;
}

} // namespace famfs::tools
