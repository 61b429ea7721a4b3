// Images made to break readers (tests/support/omf.py), fed to every tool that reads a device.
#include "support.h"

#include "base/document.h"

#include "catch.h"
#include "hex.h"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <set>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;
using famfs::testing::from_hex;

namespace fs = std::filesystem;

namespace {

std::size_t entries_in(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
}

bool is_null(const nlohmann::json& value) {
  return value.is_null();
}

} // namespace

TEST_CASE("Hostile images: fsck names the fault, and exits 4 for every kind") {
  Tools tools;
  const auto manifest = make_images(tools.scratch);
  for (const auto& [name, expected] : manifest.items()) {
    CAPTURE(name);
    const std::string device = tools.scratch.path("images/" + name);
    const Run run = tools(run_fsck_famfs, {"--json", device});
    CHECK(run.exit == (is_null(expected["fault"]) ? 0 : 4));
    CHECK(run.err.empty());
    const auto told = nlohmann::json::parse(run.out);
    bool named = is_null(expected["fault"]);
    for (const auto& fault : told["faults"]) {
      named = named || fault["kind"] == expected["fault"];
    }
    CHECK(named);
    CHECK(told["clean"] == is_null(expected["fault"]));
    const Run text = tools(run_fsck, {"-v", "-B", "4", device});
    CHECK(text.exit == run.exit);
    if (!is_null(expected["fault"])) {
      CHECK(text.out.find(expected["fault"].get<std::string>()) != std::string::npos);
    }
    for (const char byte : text.out) {
      CHECK((byte == '\n' || static_cast<unsigned char>(byte) >= 0x20));
    }
  }
}

TEST_CASE("Hostile images: dump is JSON and YAML whatever is in them") {
  Tools tools;
  const auto manifest = make_images(tools.scratch);
  for (const auto& [name, expected] : manifest.items()) {
    CAPTURE(name);
    const std::string device = tools.scratch.path("images/" + name);
    const Run json = tools(run_dump, {"--json", device});
    CHECK(json.exit == 0);
    CHECK(nlohmann::json::accept(json.out));
    const Run yaml = tools(run_dump, {device});
    CHECK(yaml.exit == 0);
    CHECK(parse_yaml(yaml.out, name).has_value());
  }
}

TEST_CASE("Hostile images: a shadow holds the namespace and nothing outside it") {
  Tools tools;
  const auto manifest = make_images(tools.scratch);
  fs::create_directory(tools.scratch.path("cage"));
  const auto before = entries_in(tools.scratch.path(""));
  for (const auto& [name, expected] : manifest.items()) {
    CAPTURE(name);
    const std::string shadow = tools.scratch.path("cage/shadow");
    const Run run = tools(run_logplay, {"-S", shadow, "-d", tools.scratch.path("images/" + name)});
    if (expected["reach"] == "volume") {
      CHECK(run.exit == 1);
      CHECK(!fs::exists(shadow));
      continue;
    }
    CHECK(run.exit == 0);
    std::set<std::string> wanted;
    for (const auto& path : expected["paths_hex"]) {
      wanted.insert(from_hex(path.get<std::string>()));
    }
    CHECK(tree_below(shadow) == wanted);
    for (const std::string& path : wanted) {
      if (fs::is_regular_file(fs::path(shadow) / path)) {
        CHECK(parse_yaml(slurp(shadow + '/' + path), path).has_value());
      }
    }
    CHECK(entries_in(tools.scratch.path("cage")) == 1);
    fs::remove_all(shadow);
  }
  CHECK(entries_in(tools.scratch.path("")) == before + 1); // and the holders' folder
}

TEST_CASE("Hostile images: mkfs leaves what has a magic alone without --force, and mends it with") {
  Tools tools;
  const auto manifest = make_images(tools.scratch);
  for (const auto& [name, expected] : manifest.items()) {
    CAPTURE(name);
    const std::string device = tools.scratch.path("images/" + name);
    const bool magic = expected["fault"] != "superblock-magic";
    if (magic) {
      const Run refused = tools(run_mkfs, {device});
      CHECK(refused.exit == 1);
      CHECK(tools(run_fsck, {"--json", device}).exit == (is_null(expected["fault"]) ? 0 : 4));
    }
    CHECK(tools(run_mkfs, {magic ? "-f" : "-l8m", device}).exit == 0);
    CHECK(tools(run_fsck, {device}).exit == 0);
  }
}

TEST_CASE("A shadow follows no link and opens no pipe that is in its way") {
  Tools tools;
  (void)make_images(tools.scratch);
  const std::string shadow = tools.scratch.path("shadow");
  const std::string outside = tools.scratch.path("outside");
  fs::create_directory(shadow);
  fs::create_directory(outside);
  fs::create_symlink(outside, shadow + "/before");
  const Run run = tools(run_logplay, {"-S", shadow, "-d", tools.scratch.path("images/good")});
  CHECK(run.exit == 1);
  CHECK(fs::is_empty(outside));
  fs::remove(shadow + "/before");
  fs::create_directory(shadow + "/before");
  fs::create_symlink("../../outside/file", shadow + "/before/file");
  CHECK(tools(run_logplay, {"-S", shadow, "-d", tools.scratch.path("images/good")}).exit == 1);
  CHECK(fs::is_empty(outside));
}

TEST_CASE("Shadow YAML: the keys, octal modes, hexadecimal offsets") {
  Tools tools;
  (void)make_images(tools.scratch);
  const std::string shadow = tools.scratch.path("shadow");
  const Run run =
      tools(run_logplay, {"-S", shadow, "-d", tools.scratch.path("images/good-strips")});
  CHECK(run.exit == 0);
  CHECK(run.out == "famfs_logplay: 3 log entries; 2 new files; 1 new directories\n");
  const std::string text = slurp(shadow + "/il");
  for (const char* line :
       {"file:\n", "  path: il\n", "  size: 20971519\n", "  flags: 2\n", "  mode: 0644\n",
        "  uid: 0\n", "  gid: 0\n", "  nextents: 1\n", "  striped_ext_list:\n", "nstrips: 5\n",
        "chunk_size: 2097152\n", "simple_ext_list:\n", "devindex: 0\n", "length: 0x400000\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(slurp(shadow + "/before/file").find("\n  simple_ext_list:\n") != std::string::npos);
  const Run again =
      tools(run_logplay, {"-S", shadow, "-d", tools.scratch.path("images/good-strips")});
  CHECK(again.exit == 0); // the same, written over
  CHECK(again.out == "famfs_logplay: 3 log entries; 2 new files; 0 new directories\n");
}
