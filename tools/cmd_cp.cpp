// famfs cp: copies files into a famfs mount, with threads, straight into the device's memory.
#include "commands.h"

#include "base/text.h"
#include "cli.h"
#include "copier.h"
#include "path_text.h"
#include "striping.h"
#include "volume/defaults.h"

#include <sys/stat.h>

namespace famfs::tools {
namespace {

struct Options {
  bool recursive = false;
  CopyOptions copy;
  StripeOptions stripes;
};

void declare(Command& command, Options& options) {
  CopyOptions& copy = options.copy;
  command.flag('r', "recursive", "directories too, with all that is in them", options.recursive)
      .mode(copy.ownership.mode)
      .owner(copy.ownership.uid, copy.ownership.gid)
      .threads(copy.threads)
      .flag('c', "compare", "compare each file with its source afterwards", copy.compare)
      .flag('v', "verbose", "name each file copied", copy.verbose)
      .flag('\0', "json", "a line of JSON for each file copied; progress too, on standard error",
            copy.json)
      .number('N', "nstrips", "N", "interleave over N strips, at most 16; 0: not …",
              options.stripes.strips)
      .number('B', "nbuckets", "N", "… each in another of N parts of the device, at most 64",
              options.stripes.buckets)
      .size('C', "chunksize", "… in chunks of this size (2m)", options.stripes.chunk);
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// "DIR/." and "DIR/.." have no name to be copied under: what they stand for has.
std::string name_in_target(const std::string& source) {
  std::string name = name_of(source);
  if (name != "." && name != "..") {
    return name;
  }
  char* const real = realpath(source.c_str(), nullptr);
  const std::string resolved = real == nullptr ? name : name_of(real);
  free(real); // NOLINT: realpath(3) gives it away
  return resolved;
}

int copy_all(Copier& copier, Context& context, const Command& command, const Options& options) {
  const Args& operands = command.operands();
  const std::string& destination = operands.back();
  const bool into = is_directory(destination);
  if (!into && operands.size() > 2) {
    return command.fail(
        Error{Errc::not_directory,
              fmt::format("{}: no directory: several files need one", printable(destination))});
  }
  for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
    copier.expect(operands[i], options.recursive);
  }
  for (std::size_t i = 0; i + 1 < operands.size() && !context.interrupted.load(); ++i) {
    const std::string& source = operands[i];
    const std::string to = into ? join(destination, name_in_target(source)) : destination;
    if (!is_directory(source)) {
      copier.file(source, to);
    } else if (options.recursive) {
      copier.tree(source, to);
    } else {
      copier.skip(Error{Errc::is_directory, fmt::format("{}: a directory: --recursive copies those",
                                                        printable(source))});
    }
  }
  return copier.finish();
}

} // namespace

int run_cp(Context& context, const Args& args) {
  Options options;
  Command command(context, {.program = "famfs cp",
                            .purpose = "Copies files into a famfs mount. A destination of the same "
                                       "size is overwritten in place.",
                            .operands = "SOURCE… DESTINATION"});
  declare(command, options);
  if (auto code = command.parse(args, 2)) {
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
  options.copy.stripes = *stripes;
  Copier copier(context, command, options.copy);
  return copy_all(copier, context, command, options);
}

} // namespace famfs::tools
