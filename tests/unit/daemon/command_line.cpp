#include "options.h"

#include "catch.h"

#include <nlohmann/json.hpp>

#include <map>

using namespace famfs;
using namespace famfs::daemon;

namespace {

Result<Config> built_in() {
  return Config();
}

CommandLine parsed(const std::vector<std::string>& args) {
  const auto line = parse_command_line(args, built_in);
  if (!line) {
    FAIL(line.error().message);
  }
  return *line;
}

std::string refusal(const std::vector<std::string>& args) {
  const auto line = parse_command_line(args, built_in);
  REQUIRE_FALSE(line);
  CHECK(line.error().code == Errc::usage);
  return line.error().message;
}

} // namespace

TEST_CASE("command line: a raw mount holds the device") {
  CHECK(parsed({"famfsd", "/dev/dax0.0", "/mnt", "-o", "raw,ro"}).options.raw);
  CHECK_FALSE(parsed({"famfsd", "/dev/dax0.0", "/mnt"}).options.raw);
  CHECK(refusal({"famfsd", "/dev/dax0.0", "/mnt", "-o", "raw", "-o", "client"})
            .find("raw and client") != std::string::npos);
}

TEST_CASE("command line: famfsd") {
  const auto line =
      parsed({"/usr/sbin/famfsd", "/dev/dax0.0", "-f", "/mnt", "-o", "ro,client", "-onoexec"});
  CHECK(line.device == "/dev/dax0.0");
  CHECK(line.mount_point == "/mnt");
  CHECK(line.foreground);
  CHECK_FALSE(line.fake);
  CHECK(line.options.read_only);
  CHECK(line.options.client);
  CHECK(line.options.kernel == std::vector<std::string>{"noexec"});
  CHECK(parsed({"famfsd", "-d", "a", "b"}).foreground);
  CHECK(parsed({"famfsd", "--", "-a", "-b"}).device == "-a");
  CHECK(parsed({"famfsd", "-h"}).help);
  CHECK(parsed({"famfsd", "--version", "x"}).version);
}

TEST_CASE("command line: mount(8)'s helper has flags of its own") {
  CHECK(called_as_helper("/sbin/mount.fuse.famfs"));
  CHECK(called_as_helper("mount.famfs"));
  CHECK_FALSE(called_as_helper("/usr/sbin/famfsd"));
  const auto line = parsed({"/sbin/mount.fuse.famfs", "D", "M", "-sfnv", "-o", "frobnicate", "-t",
                            "fuse.famfs", "-N", "/proc/1/ns/mnt"});
  CHECK(line.fake);
  CHECK_FALSE(line.foreground);
  CHECK(line.device == "D");
  CHECK(line.mount_point == "M");
  CHECK_FALSE(parsed({"mount.famfs", "D", "M", "-r", "-w"}).options.read_only);
}

TEST_CASE("command line: refusals name what is wrong") {
  CHECK(refusal({"famfsd"}).find("nothing") != std::string::npos);
  CHECK(refusal({"famfsd", "only"}).find("only") != std::string::npos);
  CHECK(refusal({"famfsd", "a", "b", "third"}).find("third") != std::string::npos);
  CHECK(refusal({"famfsd", "-x", "a", "b"}).find("-x") != std::string::npos);
  CHECK(refusal({"famfsd", "--frob", "a", "b"}).find("--frob") != std::string::npos);
  CHECK(refusal({"famfsd", "a", "b", "-o"}).find("-o") != std::string::npos);
  CHECK(refusal({"famfsd", "-t", "x", "a", "b"}).find("-t") != std::string::npos); // the helper's
  CHECK(refusal({}).find("nothing") != std::string::npos);
  CHECK(refusal({"famfsd", "only", ""}).find("only") != std::string::npos);
}

TEST_CASE("command line: every option is in the help") {
  const std::string help = usage_text("famfsd");
  for (const auto* option : {"ro", "client", "system_uuid=", "mmap=refused|cached", "nouseraccess",
                             "nodefaultperm", "uid=", "gid=", "mode=", "timeout=", "loglevel="}) {
    CAPTURE(option);
    CHECK(help.find(option) != std::string::npos);
  }
}

TEST_CASE("command line: --list-options names what is understood") {
  CHECK(parsed({"famfsd", "--list-options"}).list);
  const auto list = nlohmann::json::parse(options_json("famfsd"));
  const auto helper = nlohmann::json::parse(options_json("mount.famfs"));
  CHECK(helper["options"].size() == list["options"].size() + 2); // -t and -N
  for (const auto& program : {list, helper}) {
    for (const auto& option : program["options"]) {
      CAPTURE(option);
      const auto name = program["program"].get<std::string>();
      const std::string key = "-" + option["key"].get<std::string>();
      const bool value = option["value"].is_string();
      CHECK(usage_text(name).find("  " + key) != std::string::npos);
      CHECK(parse_command_line(std::vector<std::string>{name, key, value ? "ro" : "a", "a", "b"},
                               built_in)
                .has_value() == (value || key == "-h" || key == "-V"));
    }
  }
  const std::map<std::string, std::string> values{{"UUID", "00000000-0000-4000-8000-000000000001"},
                                                  {"UID", "1"},
                                                  {"GID", "1"},
                                                  {"OCTAL", "755"},
                                                  {"SECONDS", "1"},
                                                  {"LEVEL", "info"}};
  for (const auto& option : list["mount_options"]) {
    CAPTURE(option);
    std::string text = option["name"];
    if (option["value"].is_string()) {
      const std::string value = option["value"];
      text += "=" + (values.contains(value) ? values.at(value) : value.substr(0, value.find('|')));
    }
    MountOptions options;
    CHECK(parse_mount_options(text, false, options).has_value());
  }
  for (const char* key : {"kernel_mount_options", "ignored_mount_options"}) {
    for (const auto& name : list[key]) {
      CAPTURE(name);
      MountOptions options;
      auto text = name.get<std::string>();
      text += text.ends_with('=') || text.ends_with('-') ? "x" : "";
      CHECK(parse_mount_options(text, false, options).has_value());
    }
  }
}

TEST_CASE("command line: options go over the defaults, which are asked for last") {
  int asked = 0;
  const auto defaults = [&]() -> Result<Config> {
    ++asked;
    Config config;
    config.mount.timeout = 60;
    config.mount.allow_other = false;
    config.mount.uid = 7;
    config.logging.level = diag::Level::error;
    return config;
  };
  const auto parse = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"famfsd", "a", "b"});
    return parse_command_line(args, defaults)->options.config;
  };
  CHECK(parse({}).mount.timeout == 60);
  CHECK_FALSE(parse({}).mount.allow_other);
  CHECK(parse({"-o", "timeout=5,allow_other"}).mount.timeout == 5);
  CHECK(parse({"-o", "timeout=5,allow_other"}).mount.allow_other);
  CHECK(parse({"-o", "timeout=5"}).mount.uid == 7U);
  CHECK(parse({"-o", "loglevel=info"}).logging.level == diag::Level::info);
  CHECK(parse({"-d"}).logging.level == diag::Level::debug);
  asked = 0;
  CHECK(parse_command_line(std::vector<std::string>{"famfsd", "--help"}, defaults));
  CHECK_FALSE(parse_command_line(std::vector<std::string>{"famfsd", "-x"}, defaults));
  CHECK(asked == 0);
  const auto refused = parse_command_line(std::vector<std::string>{"famfsd", "a", "b"},
                                          [] { return fail(Errc::invalid, "famfs.yaml:1:1: no"); });
  CHECK(refused.error().message == "famfs.yaml:1:1: no");
}
