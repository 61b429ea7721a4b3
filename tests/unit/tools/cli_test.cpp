// What every tool does with a command line.
#include "cli.h"
#include "support.h"
#include "volume/about.h"

#include "catch.h"

#include <nlohmann/json.hpp>

#include <map>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

namespace {

const std::vector<std::string> kSubCommands{
    "mount",   "umount",  "fsck",   "mkdir",   "cp",      "creat",   "verify", "flush",
    "exec",    "logplay", "getmap", "holders", "status",  "devices", "probe",  "dump",
    "chkread", "check",   "clone",  "config",  "metrics", "salvage"};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("An unknown option prints a usage line on standard error and exits 2") {
  Tools tools;
  for (const std::string& name : kSubCommands) {
    for (const char* option : {"--no-such-option", "-Z", "--no-such=1"}) {
      CAPTURE(name, option);
      const Run run = tools(run_famfs, {name, option, "/dev/null", "x"});
      CHECK(run.exit == 2);
      CHECK(run.out.empty());
      CHECK(one_line(run.err));
      CHECK(contains(run.err, "usage: famfs " + name));
      CHECK(contains(run.err, std::string(option).substr(0, option[1] == 'Z' ? 2 : 9)));
    }
  }
  CHECK(tools(run_mkfs, {"-Z", "/dev/null"}).exit == 2);
  CHECK(tools(run_famfs, {"no-such-command"}).exit == 2);
  CHECK(tools(run_famfs, {}).exit == 2);
}

TEST_CASE("fsck.famfs answers a wrong command line as fsck(8) has it: 16") {
  Tools tools;
  CHECK(tools(run_fsck_famfs, {"-Z", "/dev/null"}).exit == 16);
  CHECK(tools(run_fsck_famfs, {}).exit == 16);
  CHECK(tools(run_fsck_famfs, {"-m", "-r", "/dev/null"}).exit == 16);
  CHECK(tools(run_famfs, {"fsck", "-m", "-r", "/dev/null"}).exit == 16);
  CHECK(tools(run_famfs, {"fsck", "-B", "0", "/dev/null"}).exit == 16);
  CHECK(tools(run_famfs, {"fsck", "-B", "many", "/dev/null"}).exit == 16);
}

TEST_CASE("--help exits 0, on standard output, and names every option that works") {
  Tools tools;
  for (const std::string& name : kSubCommands) {
    CAPTURE(name);
    const Run run = tools(run_famfs, {name, "--help"});
    CHECK(run.exit == 0);
    CHECK(run.err.empty());
    CHECK(contains(run.out, "usage: famfs " + name));
    CHECK(tools(run_famfs, {name, "-?"}).out == run.out);
  }
  const Run all = tools(run_famfs, {"--help"});
  CHECK(all.exit == 0);
  for (const std::string& name : kSubCommands) {
    CHECK(contains(all.out, "  " + name + " "));
  }
  CHECK(tools(run_famfs, {"cp", "-h"}).exit == 0);
  CHECK(tools(run_mkfs, {"-h"}).exit == 0);
  CHECK(tools(run_mkfs, {"-?"}).exit == 0);
  CHECK(contains(tools(run_famfs, {"fsck", "--help"}).out, "-h, --human"));
  CHECK(tools(run_famfs, {"--version"}).exit == 0);
}

TEST_CASE("--version: the program's, the format's, and the access paths of this kernel") {
  Tools tools;
  const Run run = tools(run_famfs, {"creat", "--version"});
  CHECK(run.exit == 0);
  CHECK(run.out.starts_with("famfs creat 0."));
  for (const char* line :
       {"\nformat 48, omf 2.2\n", "\nkernel map on Linux ", "\ndirect map on ", "\ncopy on "}) {
    CAPTURE(line);
    CHECK(contains(run.out, line));
  }
  CHECK(contains(tools(run_mkfs, {"--version"}).out, "\nformat 48"));
  const auto in_step = [](std::string_view release) {
    return !volume::access_paths(release, true)[2].why.ends_with("from Linux 6.6");
  };
  CHECK(in_step("6.6.0"));
  CHECK(in_step("6.12.9-amd64"));
  CHECK(in_step("10.0"));
  CHECK(!in_step("6.1.0-40-amd64"));
  CHECK(!in_step("5.19"));
  CHECK(!in_step("junk"));
  for (const auto& path : volume::access_paths("6.6", false)) {
    CHECK(!path.possible);
  }
}

TEST_CASE("--list-options: what --help says, as JSON") {
  Tools tools;
  const auto listed = [&](const Args& args) {
    const Run run = tools(run_famfs, args);
    CHECK(run.exit == 0);
    return nlohmann::json::parse(run.out);
  };
  const auto all = listed({"--list-options"});
  CHECK(all["program"] == "famfs");
  CHECK(all["commands"].size() == kSubCommands.size());
  for (const auto& command : all["commands"]) {
    const auto name = command["name"].get<std::string>();
    const std::string help = tools(run_famfs, {name, "--help"}).out;
    const auto about = listed({name, "--list-options"});
    CHECK(about["program"] == "famfs " + name);
    CHECK(contains(help, about["purpose"].get<std::string>()));
    for (const auto& option : about["options"]) {
      CAPTURE(name, option);
      CHECK(contains(help, option["help"].get<std::string>()));
      CHECK((option["key"].is_string() || option["name"].is_string()));
    }
  }
  const auto creat = listed({"creat", "--list-options"});
  CHECK(creat["operands"] == "[FILE]");
  CHECK(creat["options"][0]["key"] == "s");
  CHECK(creat["options"][0]["name"] == "size");
  CHECK(creat["options"][0]["value"] == "N[kmgt]");
  CHECK(creat["options"][1]["value"].is_null());
}

TEST_CASE("The options that scripts use are all there") {
  Tools tools;
  const std::map<std::string, std::vector<std::string>> options{
      {"mount",
       {"-t, --timeout", "-u, --nouseraccess", "-p, --nodefaultperm", "-d, --debug", "-v",
        "-f, --fuse", "-o"}},
      {"fsck", {"-v", "-h, --human", "-B, --nbuckets", "-m", "-r"}},
      {"mkdir", {"-p", "-m", "-u", "-g", "-v"}},
      {"cp", {"-r", "-m", "-u", "-g", "-t, --threadct", "-v", "-c, --compare", "-N", "-B", "-C"}},
      {"creat",
       {"-s, --size", "-r, --randomize", "-S, --seed", "-m", "-u", "-g", "-t", "-M, --multi",
        "-N, --nstrips", "-B, --nbuckets", "-C, --chunksize"}},
      {"verify", {"-S", "-f", "-m, --multi", "-t", "-q"}},
      {"flush", {"-v"}},
      {"chkread", {"-s", "-l"}},
      {"clone", {"    --yes-corrupt"}},
      {"logplay",
       {"-n, --dryrun", "-v", "-r, --read", "-m, --mmap", "-c", "-S, --shadow", "-d, --daxdev"}},
      {"getmap", {"-q"}}};
  for (const auto& [name, wanted] : options) {
    const std::string help = tools(run_famfs, {name, "--help"}).out;
    for (const std::string& option : wanted) {
      CAPTURE(name, option);
      CHECK(contains(help, "\n  " + option));
    }
  }
  const std::string help = tools(run_mkfs, {"--help"}).out;
  for (const char* option : {"-f, --force", "-k, --kill", "-l, --loglen"}) {
    CHECK(contains(help, option));
  }
}

TEST_CASE("Too few, too many, and an option without its value") {
  Tools tools;
  CHECK(tools(run_famfs, {"getmap"}).exit == 2);
  CHECK(tools(run_famfs, {"getmap", "a", "b"}).exit == 2);
  CHECK(tools(run_famfs, {"cp", "a"}).exit == 2);
  const Run run = tools(run_famfs, {"creat", "-s"});
  CHECK(run.exit == 2);
  CHECK(contains(run.err, "needs a value"));
}

TEST_CASE("Operands may come before options, and after --") {
  Tools tools;
  CHECK(tools(run_famfs, {"getmap", "/no/such", "-q"}).exit == 9);
  const Run run = tools(run_famfs, {"getmap", "--", "-q"});
  CHECK(run.exit == 9);
  CHECK(contains(run.err, "-q: No such file"));
}

TEST_CASE("Names of files cannot write to the terminal") {
  Tools tools;
  const Run run = tools(run_famfs, {"getmap", "/no\nsuch\x1b[2J"});
  CHECK(run.exit == 9);
  CHECK(one_line(run.err));
  CHECK(!contains(run.err, "\x1b"));
}

TEST_CASE("exec hands the program over with the preload library first") {
  Tools tools;
  std::filesystem::create_directories(tools.scratch.path("lib/famfs"));
  const std::string library = tools.scratch.path("lib/famfs/libfamfs-preload.so");
  SECTION("where it is not installed, it says so") {
    const Run run = tools(run_famfs, {"exec", "--", "true"});
    CHECK(run.exit == 126);
    CHECK(one_line(run.err));
  }
  SECTION("where it is") {
    std::filesystem::create_directories(tools.scratch.path("bin"));
    spill(library, "");
    ::setenv("LD_PRELOAD", "", 1);
    tools.replace_error = ENOENT;
    const Run run = tools(run_famfs, {"exec", "program", "-x", "--", "y"});
    CHECK(tools.replaced == Args{"program", "-x", "--", "y"});
    CHECK(std::string(::getenv("LD_PRELOAD")).ends_with("lib/famfs/libfamfs-preload.so"));
    CHECK(run.exit == 127);
    ::setenv("LD_PRELOAD", "/other.so", 1);
    tools.replace_error = EACCES;
    CHECK(tools(run_famfs, {"exec", "--", "program"}).exit == 126);
    CHECK(tools.replaced == Args{"program"});
    CHECK(std::string(::getenv("LD_PRELOAD")).ends_with("libfamfs-preload.so /other.so"));
    ::unsetenv("LD_PRELOAD");
  }
}
