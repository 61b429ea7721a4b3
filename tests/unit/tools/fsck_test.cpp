// fsck and dump of good file systems: the lines that scripts parse, and the public tools' images.
#include "support.h"

#include "base/document.h"
#include "base/units.h"

#include "catch.h"

#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

namespace {

// The first 10 MiB of an 8 GiB device, as the public tools wrote them.
std::string golden(const Tools& tools, const std::string& name) {
  const std::string device = tools.scratch.path(name);
  const std::string command =
      "xz -dc '" FAMFS_TEST_DATA "/golden/" + name + ".head.img.xz' > '" + device + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  std::filesystem::resize_file(device, 8 * GiB);
  return device;
}

} // namespace

TEST_CASE("fsck: the lines that scripts take the third word of") {
  Tools tools;
  const std::string device = tools.file_system();
  for (const auto tool : {run_fsck_famfs, run_fsck}) {
    const Run run = tools(tool, {device});
    CHECK(run.exit == 0);
    CHECK(third_word(run.out, "Device capacity:") == "67108864");
    CHECK(third_word(run.out, "Free space:") == std::to_string(54 * MiB));
    CHECK(run.out.find("log_len:") == std::string::npos);
    const Run more = tools(tool, {"-v", device});
    CHECK(more.out.find("log_len: 8388608\n") != std::string::npos);
    const Run human = tools(tool, {"-h", device});
    CHECK(human.out.find("Device capacity: 64 MiB\n") != std::string::npos);
    CHECK(tools(tool, {"-m", device}).exit == 0);
    CHECK(tools(tool, {"-r", device}).exit == 0);
  }
  CHECK(tools(run_fsck_famfs, {"-a", "-p", device}).exit == 0); // as fsck(8) calls it
}

TEST_CASE("fsck: what cannot be checked is 8, what nobody formatted is 4") {
  Tools tools;
  CHECK(tools(run_fsck_famfs, {tools.scratch.path("missing")}).exit == 8);
  CHECK(tools(run_fsck_famfs, {tools.scratch.device("empty", 0)}).exit == 8);
  CHECK(tools(run_fsck_famfs, {"/dev/null"}).exit == 8);
  CHECK(tools(run_fsck_famfs, {"/tmp"}).exit == 8); // a directory in no famfs mount
  const Run blank = tools(run_fsck_famfs, {tools.scratch.device("blank", 64 * MiB)});
  CHECK(blank.exit == 4);
  CHECK(blank.out.find("superblock-magic") != std::string::npos);
}

TEST_CASE("fsck: free space of each bucket") {
  Tools tools;
  const std::string device = golden(tools, "basic8g");
  const auto told = nlohmann::json::parse(tools(run_fsck, {"--json", "-B", "8", device}).out);
  REQUIRE(told["space"]["bucket_free"].size() == 8);
  std::uint64_t sum = 0;
  for (const auto& bucket : told["space"]["bucket_free"]) {
    sum += bucket.get<std::uint64_t>();
  }
  CHECK(sum == told["space"]["free"]);
  CHECK(tools(run_fsck, {"-B", "3", device}).out.find("Bucket 2 free: ") != std::string::npos);
  CHECK(tools(run_fsck, {"-B", "65", device}).exit == 16);
}

TEST_CASE("The public tools' images are clean, and dump tells what is in them") {
  Tools tools;
  const std::string device = golden(tools, "basic8g");
  const Run run = tools(run_fsck_famfs, {device});
  INFO(run.out << run.err);
  CHECK(run.exit == 0);
  CHECK(run.out.find("Files: 7\n") != std::string::npos);
  CHECK(run.out.find("Directories: 4\n") != std::string::npos);

  const auto dump = nlohmann::json::parse(tools(run_famfs, {"dump", "--json", device}).out);
  CHECK(dump.contains("superblock"));
  CHECK(dump.contains("log"));
  bool seen = false;
  for (const auto& entry : dump["entries"]) {
    if (entry.value("path", "") == "a/b/c/seed7_3000001") {
      seen = true;
      CHECK(entry["size"] == 3000001);
      CHECK(entry["uid"] == 1000);
      CHECK(entry["gid"] == 1001);
      CHECK(entry["mode"] == 0600);
      CHECK(entry["extents"].size() == 1);
    }
    if (entry.value("path", "") == "il_3of8_64m") {
      CHECK(entry["strips"].size() == 3);
    }
  }
  CHECK(seen);
  CHECK(tools(run_fsck_famfs, {golden(tools, "empty8g")}).exit == 0);
}

TEST_CASE("dump: YAML by default, the same document as JSON") {
  Tools tools;
  const std::string device = tools.file_system();
  const Run yaml = tools(run_famfs, {"dump", device});
  CHECK(yaml.exit == 0);
  CHECK(yaml.out == tools(run_famfs, {"dump", "--yaml", device}).out);
  const auto parsed = parse_yaml(yaml.out, "dump");
  REQUIRE(parsed.has_value());
  CHECK(parsed->contains("superblock"));
  CHECK(tools(run_famfs, {"dump", "--json", "--yaml", device}).exit == 2);
  CHECK(tools(run_famfs, {"dump", tools.scratch.path("missing")}).exit == 1);
}

TEST_CASE("holders: a table, and JSON; nobody is an empty list") {
  Tools tools;
  CHECK(tools(run_famfs, {"holders"}).out.starts_with("DEVICE"));
  CHECK(nlohmann::json::parse(tools(run_famfs, {"holders", "--json"}).out).empty());
}

TEST_CASE("status: no famfs mount is no error; a path outside one is") {
  Tools tools;
  tools.mount_table = tools.scratch.path("table");
  spill(tools.mount_table, "");
  CHECK(tools(run_famfs, {"status"}).exit == 0);
  CHECK(nlohmann::json::parse(tools(run_famfs, {"status", "--json"}).out).empty());
  CHECK(tools(run_famfs, {"status", "/tmp"}).exit == 1);
  CHECK(tools(run_famfs, {"status", "/no/such"}).exit == 1);
}
