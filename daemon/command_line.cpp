#include "options.h"

#include "base/document.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace famfs::daemon {
namespace {

constexpr std::string_view kPurpose =
    "Mounts the famfs file system on DEVICE (a /dev/daxX.Y, or a file that stands in for one).";
constexpr std::string_view kOperands = "DEVICE DIRECTORY";

struct Taken {
  CommandLine line{};
  bool helper = false;
  bool sloppy = false;
  std::vector<std::string> names{}, lists{};
};

struct Flag {
  OptionInfo info;
  void (*take)(Taken& taken, std::string_view value);
  bool helper_only = false;
};

void ignore(Taken& /*taken*/, std::string_view /*value*/) {}

constexpr auto kFlags = std::to_array<Flag>({
    {.info = {.key = 'o', .value = "LIST", .help = "mount options, with commas between"},
     .take = [](Taken& t, std::string_view value) { t.lists.emplace_back(value); }},
    {.info = {.key = 'f',
              .help = "stay in the foreground (as mount(8)'s helper: do all but the mounting)"},
     .take = [](Taken& t,
                std::string_view) { (t.helper ? t.line.fake : t.line.foreground) = true; }},
    {.info = {.key = 'd', .help = "debug: every request on standard error, in the foreground"},
     .take = [](Taken& t, std::string_view) { t.lists.emplace_back("debug"); }},
    {.info = {.key = 'r', .help = "as -o ro"},
     .take = [](Taken& t, std::string_view) { t.lists.emplace_back("ro"); }},
    {.info = {.key = 'w', .help = "as -o rw"},
     .take = [](Taken& t, std::string_view) { t.lists.emplace_back("rw"); }},
    {.info = {.key = 's', .help = "unknown mount options are ignored"},
     .take = [](Taken& t, std::string_view) { t.sloppy = true; }},
    // There is no mtab to write since mount(8) reads /proc, and failures say everything as it is.
    {.info = {.key = 'n', .help = "from mount(8); changes nothing"}, .take = ignore},
    {.info = {.key = 'v', .help = "from mount(8); changes nothing"}, .take = ignore},
    // We are one type whatever it is called, and mount(8) has switched the namespace already.
    {.info = {.key = 't', .value = "TYPE", .help = "from mount(8); changes nothing"},
     .take = ignore,
     .helper_only = true},
    {.info = {.key = 'N', .value = "NAMESPACE", .help = "from mount(8); changes nothing"},
     .take = ignore,
     .helper_only = true},
    {.info = {.key = 'h', .name = "help", .help = "this text"},
     .take = [](Taken& t, std::string_view) { t.line.help = true; }},
    {.info = {.key = 'V',
              .name = "version",
              .help = "version, format, and the access paths of this kernel"},
     .take = [](Taken& t, std::string_view) { t.line.version = true; }},
});

class Parser {
public:
  Parser(std::span<const std::string> args, const Defaults& defaults)
      : args_(args), defaults_(defaults) {
    taken_.helper = called_as_helper(args.empty() ? "" : args[0]);
  }

  Result<CommandLine> run() {
    for (next_ = 1; next_ < args_.size();) {
      if (auto taken = take(args_[next_++]); !taken) {
        return std::unexpected(std::move(taken.error()));
      }
    }
    return finish();
  }

private:
  Result<void> take(std::string_view arg) {
    if (only_names_ || arg.size() < 2 || arg[0] != '-') {
      taken_.names.emplace_back(arg);
      return {};
    }
    if (arg == "--") {
      only_names_ = true;
      return {};
    }
    if (arg.starts_with("--")) {
      return take_long(arg);
    }
    for (std::size_t i = 1; i < arg.size(); ++i) {
      const char key = arg[i] == '?' ? 'h' : arg[i];
      const auto* const flag = std::ranges::find_if(kFlags, [&](const Flag& known) {
        return known.info.key == key && (taken_.helper || !known.helper_only);
      });
      if (flag == kFlags.end()) {
        return unknown(std::string{'-', arg[i]});
      }
      if (!flag->info.value.empty()) {
        return take_value(*flag, arg.substr(i + 1));
      }
      flag->take(taken_, {});
    }
    return {};
  }

  Result<void> take_long(std::string_view arg) {
    if (arg == "--list-options") {
      taken_.line.list = true;
      return {};
    }
    const auto* const flag = std::ranges::find_if(
        kFlags, [&](const Flag& known) { return known.info.name == arg.substr(2); });
    if (flag == kFlags.end() || arg == "--") {
      return unknown(arg);
    }
    flag->take(taken_, {});
    return {};
  }

  // The rest of the argument, or the next one.
  Result<void> take_value(const Flag& flag, std::string_view rest) {
    if (rest.empty()) {
      if (next_ == args_.size()) {
        return fail(Errc::usage,
                    fmt::format("option -{}: needs a value: see --help", flag.info.key));
      }
      rest = args_[next_++];
    }
    flag.take(taken_, rest);
    return {};
  }

  Result<CommandLine> finish() {
    CommandLine& line = taken_.line;
    if (line.help || line.version || line.list) {
      return line;
    }
    auto& names = taken_.names;
    std::erase(names, ""); // an empty one names nothing
    if (names.size() != 2) {
      return fail(Errc::usage,
                  fmt::format("{} given: a device and a mount point are needed: see --help",
                              names.empty()       ? "nothing"
                              : names.size() == 1 ? "only " + printable(names[0])
                                                  : printable(names[2]) + " too"));
    }
    line.device = names[0];
    line.mount_point = names[1];
    return with_options();
  }

  Result<CommandLine> with_options() {
    CommandLine& line = taken_.line;
    auto config = defaults_();
    if (!config) {
      return std::unexpected(std::move(config.error()));
    }
    line.options.config = *config;
    for (const std::string& list : taken_.lists) { // last, since -s may come after -o
      if (auto set = parse_mount_options(list, taken_.sloppy, line.options); !set) {
        return std::unexpected(std::move(set.error()));
      }
    }
    if (line.options.raw && line.options.client) {
      return fail(Errc::usage, "mount options raw and client: one excludes the other: a raw mount "
                               "holds the device: give one");
    }
    line.foreground = line.foreground || line.options.debug;
    return line;
  }

  static Result<void> unknown(std::string_view option) {
    return fail(Errc::usage, fmt::format("option {}: unknown: see --help", printable(option)));
  }

  std::span<const std::string> args_;
  const Defaults& defaults_;
  std::size_t next_ = 1;
  bool only_names_ = false;
  Taken taken_;
};

std::vector<OptionInfo> flags_of(std::string_view program) {
  std::vector<OptionInfo> flags;
  for (const Flag& flag : kFlags) {
    if (!flag.helper_only || called_as_helper(program)) {
      flags.push_back(flag.info);
    }
  }
  return flags;
}

Document to_document(const OptionInfo& option) {
  const auto or_null = [](std::string_view text) {
    return text.empty() ? Document() : Document(text);
  };
  return {{"key", option.key == 0 ? Document() : Document(std::string(1, option.key))},
          {"name", or_null(option.name)},
          {"value", or_null(option.value)},
          {"help", option.help}};
}

} // namespace

Result<CommandLine> parse_command_line(std::span<const std::string> args,
                                       const Defaults& defaults) {
  return Parser(args, defaults).run();
}

std::string usage_text(std::string_view program) {
  std::string text = fmt::format("usage: {} [OPTION…] {}\n{}\n\n", program, kOperands, kPurpose);
  for (const OptionInfo& info : flags_of(program)) {
    const std::string keys = info.name.empty() ? fmt::format("-{} {}", info.key, info.value)
                                               : fmt::format("-{}, --{}", info.key, info.name);
    text += fmt::format("  {:<26} {}\n", keys, info.help);
  }
  text += "\nMount options:\n";
  for (const OptionInfo& option : mount_option_names().ours) {
    const std::string name = option.value.empty() ? std::string(option.name)
                                                  : fmt::format("{}={}", option.name, option.value);
    text += fmt::format("  {:<26} {}\n", name, option.help);
  }
  return text + "  suid dev (root), noexec noatime sync …, and what fstab adds: see mount(8)\n"
                "\nDefaults are in /etc/famfs/famfs.yaml, or the file that FAMFS_CONFIG names.\n";
}

std::string options_json(std::string_view program) {
  Document options = Document::array();
  for (const OptionInfo& info : flags_of(program)) {
    options.push_back(to_document(info));
  }
  const MountOptionNames names = mount_option_names();
  Document ours = Document::array();
  std::ranges::transform(names.ours, std::back_inserter(ours), to_document);
  return to_json({{"program", program},
                  {"purpose", kPurpose},
                  {"operands", kOperands},
                  {"exits", exits(ExitStyle::mount)},
                  {"options", std::move(options)},
                  {"mount_options", std::move(ours)},
                  {"kernel_mount_options", names.kernel},
                  {"ignored_mount_options", names.ignored}});
}

} // namespace famfs::daemon
