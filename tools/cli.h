// The command line of one tool: its options are declared once, and parsing, --help, the usage line
// and --list-options (JSON, for what is made of them: completion, the manual's test) all come from
// that. getopt_long(3) reads it, as in the public famfs tools, so that scripts
// written for those are understood word for word. Errors are one line on standard error, "program:
// what: why: what to do", and the exit code is base's.
#pragma once

#include "base/error.h"
#include "context.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::tools {

// Prints the one line; returns the exit code. Control characters never reach the terminal, and an
// empty name is seen.
int report(Context& context, std::string_view program, const Error& error,
           ExitStyle style = ExitStyle::general);
// A line that fails nothing: "program: warning: …".
void warn(Context& context, std::string_view program, std::string_view line);

struct SubCommandInfo {
  std::string_view name, purpose;
};

struct CommandInfo {
  std::string program;  // "famfs cp": starts every message
  std::string purpose;  // one sentence, for --help
  std::string operands; // "SOURCE… DESTINATION"
  ExitStyle style = ExitStyle::general;
  int usage_exit = 2;           // for a command line that cannot be understood
  std::string help_keys = "h?"; // short options that mean --help
  bool stop_at_operand = false; // what follows the first operand is not ours
  const char* notes = "";       // after the options in --help
  std::vector<SubCommandInfo> commands{};
  std::vector<int> results{}; // exit codes that no error has
};

class Command {
public:
  Command(Context& context, CommandInfo info);

  // `key` 0: no short form. `name` may be empty: no long form. Each lives as long as the Command.
  Command& flag(char key, std::string name, std::string help, bool& to);
  Command& text(char key, std::string name, std::string value, std::string help,
                std::optional<std::string>& to);
  Command& list(char key, std::string name, std::string value, std::string help,
                std::vector<std::string>& to); // may be given again
  Command& size(char key, std::string name, std::string help, std::optional<std::uint64_t>& to);
  Command& number(char key, const std::string& name, std::string value, std::string help,
                  std::optional<std::uint32_t>& to, std::uint32_t most = UINT32_MAX);
  Command& threads(std::optional<std::uint32_t>& to); // -t: 0 to 256; 0 is one per core
  Command& mode(std::optional<std::uint32_t>& to);    // -m: octal permission bits
  Command& owner(std::optional<std::uint32_t>& uid, std::optional<std::uint32_t>& gid); // -u, -g

  // nullopt: go on. Else the exit code: of --help and its like, or of a wrong command line.
  [[nodiscard]] std::optional<int> parse(const Args& args, std::size_t least = 0,
                                         std::size_t most = SIZE_MAX);
  [[nodiscard]] const Args& operands() const noexcept { return operands_; }

  int fail(const Error& error) const;
  int fail(const std::unexpected<Error>& error) const { return fail(error.error()); }
  // What parse() does with a wrong command line, for rules that it does not know.
  [[nodiscard]] int usage(std::string_view what) const;
  [[nodiscard]] const std::string& program() const noexcept { return info_.program; }

private:
  using Set = std::function<Result<void>(std::string_view value)>;
  struct Option {
    char key = 0;
    std::string name;
    std::string value; // empty: takes none
    std::string help;
    Set set;
  };
  Command& add(Option option);
  [[nodiscard]] const Option* find(int code) const;
  [[nodiscard]] std::string usage_line() const;
  [[nodiscard]] std::vector<Option> all() const; // those that every command has, too
  [[nodiscard]] int help() const;
  [[nodiscard]] int list() const;
  [[nodiscard]] std::optional<int> read_options(std::vector<char*>& argv);

  Context& context_;
  CommandInfo info_;
  std::vector<Option> options_;
  Args operands_;
};

} // namespace famfs::tools
