// famfsd's command line and -o lists, split at NULs. What the kernel would be asked for is read
// back with libfuse's own parser: an ordinary user's options add nothing that is not theirs to ask.
#include "options.h"
#include "fuse.h"
#include "fuzz.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fuse_opt.h>

using namespace famfs;
using namespace famfs::daemon;
using fuzz::must;

namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

int collect(void* data, const char* argument, int /*key*/, fuse_args* /*out*/) {
  static_cast<std::vector<std::string>*>(data)->emplace_back(argument);
  return 0;
}

std::vector<std::string> as_libfuse_reads(const std::string& list) {
  std::vector<std::string> options;
  fuse_args args = FUSE_ARGS_INIT(0, nullptr);
  const bool parsed = fuse_opt_add_arg(&args, "famfsd") == 0 &&
                      fuse_opt_add_arg(&args, "-o") == 0 &&
                      fuse_opt_add_arg(&args, list.c_str()) == 0 &&
                      fuse_opt_parse(&args, &options, nullptr, collect) == 0;
  fuse_opt_free_args(&args);
  must(parsed, "a list that libfuse refuses");
  return options;
}

bool is_kernels(std::string_view option) {
  const auto names = mount_option_names().kernel;
  return std::ranges::any_of(names, [&](std::string_view name) {
    return name.ends_with('=') ? option.starts_with(name) : option == name;
  });
}

void must_ask_for_no_more(const CommandLine& line, const Caller& caller) {
  const auto asked = as_libfuse_reads(kernel_mount_options(line, caller));
  must(asked.size() >= 5 && asked[0] == "fsname=" + line.device && asked[1] == "subtype=famfs",
       "a mount by another name");
  const auto has = [&](std::string_view option) { return std::ranges::count(asked, option) > 0; };
  must(has("nosuid") && has("nodev"), "a mount that lets set-user-id programs run");
  must(caller.root || (!has("suid") && !has("dev")), "an ordinary user's suid");
  must(caller.may_allow_other || !has("allow_other"), "an ordinary user's allow_other");
  must(has(line.options.read_only ? "ro" : "rw"), "a mount of another mode");
  for (const auto& option : std::span(asked).subspan(2)) {
    must(is_kernels(option) || option == "default_permissions" || option == "allow_other" ||
             option == "ro" || option == "rw",
         "an option that nobody knows");
  }
}

void list(const std::string& text, bool sloppy) {
  CommandLine line;
  line.device = text;
  if (const auto parsed = parse_mount_options(text, sloppy, line.options); !parsed) {
    fuzz::must_be_one_line(parsed.error().message);
    return;
  }
  must_ask_for_no_more(line, {});
  must_ask_for_no_more(line, {.root = true, .may_allow_other = true});
}

void command_line(const std::vector<std::string>& args) {
  const auto line = parse_command_line(args, [] { return Result<Config>(Config()); });
  if (!line) {
    must(line.error().code == Errc::usage, "a refusal of another kind");
    fuzz::must_be_one_line(line.error().message);
  } else if (!line->help && !line->version && !line->list) {
    must_ask_for_no_more(*line, {});
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto args = split({reinterpret_cast<const char*>(data), size});
  command_line(args);
  list(args.back(), args.size() % 2 == 0);
  return 0;
}
