#include "cli.h"

#include "base/document.h"
#include "base/text.h"
#include "base/units.h"
#include "volume/about.h"

#include <charconv>
#include <ostream>
#include <set>

#include <getopt.h>

namespace famfs::tools {
namespace {

constexpr int kHelp = 1000; // long options that have no key of their own start here
constexpr int kVersion = 1001;
constexpr int kList = 1002;
constexpr int kFirstLong = 1003;
constexpr std::uint32_t kMostThreads = 256;

// Messages are made of printable() parts; this is the last guard, and costs nothing.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return line;
}

Result<std::uint32_t> parse_number(std::string_view what, std::string_view text, int base,
                                   std::uint32_t most) {
  std::uint32_t value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, status] = std::from_chars(begin, end, value, base);
  if (status != std::errc{} || rest != end || value > most) {
    return famfs::fail(
        Errc::invalid,
        base == 8
            ? fmt::format("{} \"{}\": not octal digits up to {:o}", what, printable(text), most)
            : fmt::format("{} \"{}\": not a number from 0 to {}", what, printable(text), most));
  }
  return value;
}

} // namespace

int report(Context& context, std::string_view program, const Error& error, ExitStyle style) {
  const std::string line = one_line(error.message);
  context.err << program << ": " << (line.starts_with(':') ? "\"\"" : "") << line << '\n';
  return to_exit(error.code, style);
}

void warn(Context& context, std::string_view program, std::string_view line) {
  context.err << program << ": warning: " << one_line(line) << '\n';
}

Command::Command(Context& context, CommandInfo info) : context_(context), info_(std::move(info)) {
  context_.program = info_.program;
  context_.style = info_.style;
}

Command& Command::add(Option option) {
  options_.push_back(std::move(option));
  return *this;
}

Command& Command::flag(char key, std::string name, std::string help, bool& to) {
  return add({key, std::move(name), {}, std::move(help), [&to](std::string_view) -> Result<void> {
                to = true;
                return {};
              }});
}

Command& Command::text(char key, std::string name, std::string value, std::string help,
                       std::optional<std::string>& to) {
  return add({key, std::move(name), std::move(value), std::move(help),
              [&to](std::string_view given) -> Result<void> {
                to = std::string(given);
                return {};
              }});
}

Command& Command::list(char key, std::string name, std::string value, std::string help,
                       std::vector<std::string>& to) {
  return add({key, std::move(name), std::move(value), std::move(help),
              [&to](std::string_view given) -> Result<void> {
                to.emplace_back(given);
                return {};
              }});
}

Command& Command::size(char key, std::string name, std::string help,
                       std::optional<std::uint64_t>& to) {
  return add({key, std::move(name), "N[kmgt]", std::move(help),
              [&to](std::string_view given) -> Result<void> {
                auto bytes = parse_size(given);
                if (!bytes) {
                  return famfs::fail(Errc::invalid, bytes.error().message);
                }
                to = *bytes;
                return {};
              }});
}

Command& Command::number(char key, const std::string& name, std::string value, std::string help,
                         std::optional<std::uint32_t>& to, std::uint32_t most) {
  return add({key, name, std::move(value), std::move(help),
              [&to, name, most](std::string_view given) -> Result<void> {
                auto value = parse_number(name, given, 10, most);
                if (value) {
                  to = *value;
                  return {};
                }
                return std::unexpected(value.error());
              }});
}

Command& Command::threads(std::optional<std::uint32_t>& to) {
  return number('t', "threadct", "N", "threads to copy with, at most 256; 0: one per core", to,
                kMostThreads);
}

Command& Command::mode(std::optional<std::uint32_t>& to) {
  return add({'m', "mode", "OCTAL", "permission bits, not cut by the umask",
              [&to](std::string_view given) -> Result<void> {
                auto value = parse_number("mode", given, 8, 0777);
                if (value) {
                  to = *value;
                  return {};
                }
                return std::unexpected(value.error());
              }});
}

Command& Command::owner(std::optional<std::uint32_t>& uid, std::optional<std::uint32_t>& gid) {
  constexpr std::uint32_t kLast = UINT32_MAX - 1; // -1 is "no id" to the kernel
  return number('u', "uid", "UID", "owner of what is made (root only)", uid, kLast)
      .number('g', "gid", "GID", "group of what is made (root only)", gid, kLast);
}

const Command::Option* Command::find(int code) const {
  for (std::size_t i = 0; i < options_.size(); ++i) {
    if (code == kFirstLong + static_cast<int>(i) || (code < kHelp && code == options_[i].key)) {
      return &options_[i];
    }
  }
  return nullptr;
}

std::string Command::usage_line() const {
  return fmt::format("usage: {} [OPTION…]{}{}", info_.program, info_.operands.empty() ? "" : " ",
                     info_.operands);
}

int Command::usage(std::string_view what) const {
  context_.err << info_.program << ": " << one_line(what) << ": " << usage_line()
               << "; --help tells more\n";
  return info_.usage_exit;
}

int Command::fail(const Error& error) const {
  return report(context_, info_.program, error, info_.style);
}

std::vector<Command::Option> Command::all() const {
  std::vector<Option> all = options_;
  all.push_back({info_.help_keys[0], "help", "", "this text", {}});
  all.push_back({'\0', "version", "", "version, format, and the access paths of this kernel", {}});
  return all;
}

int Command::help() const {
  context_.out << usage_line() << '\n' << info_.purpose << "\n\n";
  for (const Option& option : all()) {
    std::string keys = option.key != 0 ? fmt::format("-{}", option.key) : "  ";
    if (!option.name.empty()) {
      keys += fmt::format("{} --{}", option.key != 0 ? "," : " ", option.name);
    }
    keys += option.value.empty() ? "" : fmt::format(" {}", option.value);
    context_.out << fmt::format("  {:<26} {}\n", keys, option.help);
  }
  for (const SubCommandInfo& command : info_.commands) {
    context_.out << (&command == info_.commands.data() ? "\n" : "")
                 << fmt::format("  {:<10} {}\n", command.name, command.purpose);
  }
  context_.out << info_.notes;
  return 0;
}

int Command::list() const {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Document() : Document(text);
  };
  Document options = Document::array();
  for (const Option& option : all()) {
    options.push_back({{"key", option.key == 0 ? Document() : Document(std::string(1, option.key))},
                       {"name", or_null(option.name)},
                       {"value", or_null(option.value)},
                       {"help", option.help}});
  }
  Document commands = Document::array();
  for (const SubCommandInfo& command : info_.commands) {
    commands.push_back({{"name", command.name}, {"purpose", command.purpose}});
  }
  std::set<int> exits = famfs::exits(info_.style);
  exits.insert(info_.usage_exit);
  exits.insert(info_.results.begin(), info_.results.end());
  context_.out << to_json({{"program", info_.program},
                           {"purpose", info_.purpose},
                           {"operands", info_.operands},
                           {"exits", exits},
                           {"options", std::move(options)},
                           {"commands", std::move(commands)}});
  return 0;
}

std::optional<int> Command::read_options(std::vector<char*>& argv) {
  std::string keys = info_.stop_at_operand ? "+:" : ":";
  std::vector<option> names{{"help", no_argument, nullptr, kHelp},
                            {"version", no_argument, nullptr, kVersion},
                            {"list-options", no_argument, nullptr, kList}};
  for (std::size_t i = 0; i < options_.size(); ++i) {
    const Option& o = options_[i];
    if (o.key != 0) {
      keys += o.key;
      keys += o.value.empty() ? "" : ":";
    }
    if (!o.name.empty()) {
      names.push_back({o.name.c_str(), o.value.empty() ? no_argument : required_argument, nullptr,
                       kFirstLong + static_cast<int>(i)});
    }
  }
  names.push_back({});
  for (const char key : info_.help_keys) {
    keys += key == '?' ? "" : std::string(1, key); // getopt's own '?' is its error
  }
  optind = 0; // glibc: start afresh, with the scanning order read from `keys` again
  opterr = 0;
  const int count = static_cast<int>(argv.size()) - 1;
  for (;;) {
    const int at = optind == 0 ? 1 : optind;
    optopt = 0;
    const int code = getopt_long(count, argv.data(), keys.c_str(), names.data(), nullptr);
    if (code == -1) {
      operands_.assign(argv.begin() + optind, argv.begin() + count);
      return std::nullopt;
    }
    const bool help_key =
        code < kHelp && code != ':' &&
        info_.help_keys.find(static_cast<char>(code == '?' ? optopt : code)) != std::string::npos &&
        (code != '?' || optopt != 0);
    if (code == kHelp || help_key) {
      return help();
    }
    if (code == kList) {
      return list();
    }
    if (code == kVersion) {
      context_.out << volume::about(info_.program);
      return 0;
    }
    const std::string word = printable(argv[static_cast<std::size_t>(std::min(at, count - 1))]);
    if (code == ':') {
      return usage(fmt::format("option {}: needs a value", word));
    }
    const Option* const option = find(code);
    if (option == nullptr) {
      return usage(optopt > 0 && optopt < kHelp
                       ? fmt::format("-{}: unknown option",
                                     printable(std::string(1, static_cast<char>(optopt))))
                       : fmt::format("{}: unknown option, or a wrong value", word));
    }
    if (auto done = option->set(optarg != nullptr ? optarg : ""); !done) {
      // The public tools exit 1 for a wrong value; fsck(8) and mount(8) have a code of their own
      // for it.
      return fail(Error{info_.style == ExitStyle::general ? Errc::invalid : Errc::usage,
                        done.error().message});
    }
  }
}

std::optional<int> Command::parse(const Args& args, std::size_t least, std::size_t most) {
  // getopt permutes its array and may write through it.
  std::vector<std::string> words{info_.program};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  if (auto code = read_options(argv)) {
    return code;
  }
  if (operands_.size() < least) {
    return usage(fmt::format("too few arguments: {} expected", info_.operands));
  }
  if (operands_.size() > most) {
    return usage(fmt::format("{}: one argument too many", printable(operands_[most])));
  }
  return std::nullopt;
}

} // namespace famfs::tools
