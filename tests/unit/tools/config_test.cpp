#include "support.h"

#include "base/document.h"
#include "striping.h"

#include "catch.h"

#include <nlohmann/json.hpp>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

namespace {

constexpr const char* kUuid = "01234567-89ab-4cde-8f01-23456789abcd";

Run with(Tools& tools, const std::string& text, const Args& args = {}) {
  spill(tools.scratch.path("famfs.yaml"), text);
  return tools(run_config, args);
}

} // namespace

TEST_CASE("famfs config shows what is in force, as a file that says the same") {
  Tools tools;
  const Run shown = with(tools, "mount:\n  timeout: 60\n  uid: 7\nmkfs:\n  loglen: 16m\n");
  CHECK(shown.exit == 0);
  CHECK(shown.err.empty());
  CHECK(shown.out.find("timeout: 60 ") != std::string::npos);
  CHECK(shown.out.find(tools.scratch.path("famfs.yaml") + ":2:3\n") != std::string::npos);
  CHECK(shown.out.find("# built in\n") != std::string::npos);
  const auto before = tools(run_config, {"--json"});
  const auto after = with(tools, shown.out, {"--json"});
  CHECK(Document::parse(before.out)["in_force"] == Document::parse(after.out)["in_force"]);
}

TEST_CASE("famfs config --json") {
  Tools tools;
  const auto none = Document::parse(tools(run_config, {"--json"}).out);
  CHECK(none["file"].is_null());
  CHECK(none["from"].empty());
  CHECK(none["in_force"]["system_uuid"].is_null());
  CHECK(none["in_force"]["mount"]["timeout"] == 3600);
  CHECK(none["in_force"]["mount"]["mode"] == 0755);
  CHECK(none["in_force"]["mkfs"]["loglen"] == 8 << 20);

  spill(tools.scratch.path("uuid"), kUuid);
  const auto own = Document::parse(tools(run_config, {"--json"}).out);
  CHECK(own["in_force"]["system_uuid"] == kUuid);
  CHECK(own["from"][0]["key"] == "system_uuid");
  CHECK(own["from"][0]["place"] == tools.scratch.path("uuid"));

  std::filesystem::remove(tools.scratch.path("uuid"));
  const auto some = Document::parse(with(tools, "mount:\n  mmap: cached\n", {"--json"}).out);
  CHECK(some["file"] == tools.scratch.path("famfs.yaml"));
  CHECK(some["from"].size() == 1);
  CHECK(some["from"][0]["key"] == "mount.mmap");
  CHECK(some["from"][0]["place"] == tools.scratch.path("famfs.yaml") + ":2:3");
  CHECK(some["in_force"]["mount"]["mmap"] == "cached");
}

TEST_CASE("famfs config --check: exit and one line") {
  Tools tools;
  const std::string path = tools.scratch.path("famfs.yaml");
  CHECK(tools(run_config, {"--check"}).exit == 0); // none there
  CHECK(with(tools, "mount:\n", {"--check"}).out == path + ": good\n");
  for (const auto& [text, begin] : std::vector<std::pair<std::string, std::string>>{
           {"mount:\n  no: 1\n", ":2:3: mount.no: unknown key: "},
           {"mkfs:\n  loglen: 9m\n", ":2:3: log length 9437184: not a power of two "},
           {"mount:\nallocation:\n  nstrips: 17\n  nbuckets: 17\n",
            ":3:3: allocation.nstrips 17: not from 1 to 16"},
           {"allocation:\n  nstrips: 4\n  nbuckets: 2\n", ":3:3: allocation.nbuckets 2: "},
           {"allocation: {nstrips: 4}\n", ":1:1: allocation.nbuckets 0: "},
           {"allocation:\n  nstrips: 4\n  nbuckets: 4\n  chunksize: 1m\n",
            ":4:3: allocation.chunksize 1048576: "}}) {
    const Run bad = with(tools, text, {"--check"});
    CAPTURE(bad.err);
    CHECK(bad.exit == 1);
    CHECK(bad.out.empty());
    CHECK(one_line(bad.err));
    CHECK(bad.err.starts_with("famfs config: " + path + begin));
    CHECK(tools(run_config, {}).err == bad.err);
  }
  spill(tools.scratch.path("other"), "mount:\n");
  CHECK(tools(run_config, {"--check", tools.scratch.path("other")}).exit == 0);
  CHECK(tools(run_config, {"--check", tools.scratch.path("absent")}).exit == 1);
  CHECK(tools(run_config, {"--check", "--json"}).exit == 2);
  CHECK(tools(run_config, {"--help"}).exit == 0); // whatever the file says
}

TEST_CASE("mkfs.famfs takes the log's length and the system UUID from the file; an option wins") {
  Tools tools;
  const std::string path = tools.scratch.path("famfs.yaml");
  const std::string device = tools.scratch.device("device", 64ULL << 20);
  spill(path, std::string("system_uuid: ") + kUuid + "\nmkfs:\n  loglen: 16m\n");
  auto made = Document::parse(tools(run_mkfs, {"--json", device}).out);
  CHECK(made["log_len"] == 16 << 20);
  CHECK(made["system_uuid"] == kUuid);
  made = Document::parse(tools(run_mkfs, {"--json", "-f", "-l", "8m", device}).out);
  CHECK(made["log_len"] == 8 << 20);
  const auto before = digest(device);
  for (const char* text : {"mkfs:\n  loglen: 9m\n", "mkfs:\n  log: 8m\n", "mkfs"}) {
    spill(path, text);
    const Run refused = tools(run_mkfs, {"-f", device});
    CHECK(refused.exit == 1);
    CHECK(one_line(refused.err));
    CHECK(refused.err.starts_with("mkfs.famfs: " + path + ":"));
    CHECK(tools(run_mkfs, {"--help"}).exit == 0);
  }
  CHECK(digest(device) == before);
}

TEST_CASE("a command line with a part of the interleaving takes none from the file") {
  const StripeOptions file{.strips = 4, .buckets = 8, .chunk = {}};
  CHECK(alloc::stripes_of(given_or({}, file))->value().strips == 4);
  CHECK_FALSE(
      alloc::stripes_of(given_or({.strips = 0, .buckets = {}, .chunk = {}}, file))->has_value());
  CHECK_FALSE(alloc::stripes_of(given_or({.strips = {}, .buckets = {}, .chunk = 4U << 20}, file)));
}
