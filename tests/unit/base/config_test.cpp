#include "base/config.h"

#include "base/config_keys.h"
#include "base/document.h"
#include "base/text.h"
#include "base/units.h"

#include "catch.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

using famfs::Config;
using famfs::ConfigFile;
using famfs::ConfigKey;
using famfs::Errc;
using famfs::MmapPolicy;

namespace fs = std::filesystem;

namespace {

class Scratch {
public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "famfs-config.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ / "famfs.yaml"; }
  [[nodiscard]] famfs::Result<ConfigFile> read(const std::string& text) const {
    std::ofstream(path(), std::ios::binary) << text;
    return famfs::read_config({.path = path()});
  }

private:
  fs::path folder_;
};

ConfigFile good(const std::string& text) {
  const Scratch scratch;
  auto file = scratch.read(text);
  INFO((file ? "" : file.error().message));
  REQUIRE(file);
  CHECK(file->found);
  return *file;
}

// The message, with the file's path taken off.
std::string wrong(const std::string& text) {
  const Scratch scratch;
  const auto file = scratch.read(text);
  REQUIRE(!file);
  CHECK(file.error().code == Errc::invalid);
  const std::string& message = file.error().message;
  CAPTURE(message);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(famfs::is_utf8(message));
  REQUIRE(message.starts_with(scratch.path() + ":"));
  return message.substr(scratch.path().size() + 1);
}

// Every value in force, by its key.
std::string text_of(const Config& config) {
  famfs::Document all;
  for (const ConfigKey& key : famfs::config_keys()) {
    all[key.path()] = key.get(config);
  }
  return famfs::to_json(all);
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("config: every key is put over what is built in, and no other") {
  const auto file = good(R"(
system_uuid: 01234567-89AB-cdef-0123-456789abcdef
mount:
  mmap: cached
  allow_other: false
  default_permissions: false
  uid: 12
  gid: "4294967294"
  mode: 1750
  timeout: 1.5
mkfs: {loglen: 16m}
allocation:
  nstrips: 4
  nbuckets: 8
  chunksize: 4MiB
logging:
  level: warning
)");
  const Config& config = file.config;
  CHECK(config.system_uuid->text() == "01234567-89ab-cdef-0123-456789abcdef");
  CHECK(config.mount.mmap == MmapPolicy::cached);
  CHECK_FALSE(config.mount.allow_other);
  CHECK_FALSE(config.mount.default_permissions);
  CHECK(config.mount.uid == 12U);
  CHECK(config.mount.gid == 4294967294U);
  CHECK(config.mount.mode == 01750U);
  CHECK(config.mount.timeout == 1.5);
  CHECK(config.mkfs.log_length == 16 * famfs::MiB);
  CHECK(config.allocation.strips == 4U);
  CHECK(config.allocation.buckets == 8U);
  CHECK(config.allocation.chunk == 4 * famfs::MiB);
  CHECK(config.logging.level == famfs::diag::Level::warning);
  for (const ConfigKey& key : famfs::config_keys()) {
    CAPTURE(key.path());
    CHECK(file.places.contains(key.path()));
    CHECK(key.get(config) != key.get(Config()));
    Config one;
    REQUIRE(key.set(one, key.text(config)));
    CHECK(key.get(one) == key.get(config)); // what is shown can be read
  }
  CHECK(text_of(good("mount:\n  timeout: 3600\n").config) == text_of(Config()));
}

TEST_CASE("config: what is empty changes nothing") {
  for (const char* text : {"", "\n", "# nothing\n", "---\n...\n", "~", "mount:\nmkfs:\n",
                           "mount: {}\n", "\xef\xbb\xbf# with a mark\r\nmount:\r\n"}) {
    CAPTURE(text);
    CHECK(text_of(good(text).config) == text_of(Config()));
  }
}

TEST_CASE("config: an error names line and column, why, and what to do") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"mount:\n  timout: 5\n", "2:3: mount.timout: unknown key: remove it, or use one of mmap, "
                                "allow_other, default_permissions, uid, gid, mode, timeout"},
      {"# one\n\nmaunt:\n", "3:1: maunt: unknown key: remove it, or use one of system_uuid, mount, "
                            "mkfs, allocation, logging"},
      {"timeout: 5\n", "1:1: timeout: unknown key: "},
      {"mount.timeout: 5\n", "1:1: mount.timeout: unknown key: "},
      {"mount:\n  timeout: soon\n",
       "2:3: mount.timeout \"soon\": not a time: give seconds, 0 to 1000000000"},
      {"mount: {mmap: refused, timeout: -1}\n", "1:24: mount.timeout \"-1\": not a time: "},
      {"mount:\n  timeout: nan\n", "2:3: mount.timeout \"nan\": not a time: "},
      {"mount:\n  timeout:\n", "2:3: mount.timeout: no value: give SECONDS, or remove the key"},
      {"mount:\n  timeout: [1]\n", "2:3: mount.timeout: a list or a map: give SECONDS, "},
      {"mount:\n  mmap: maybe\n", "2:3: mount.mmap \"maybe\": unknown value: give one of refused, "
                                  "cached"},
      {"mount:\n  allow_other: 1\n", "2:3: mount.allow_other \"1\": unknown value: "},
      {"mount:\n  uid: root\n", "2:3: mount.uid \"root\": not a number in range: "},
      {"mount:\n  uid: 4294967295\n", "2:3: mount.uid \"4294967295\": not a number in range: "},
      {"mount:\n  mode: 0o755\n", "2:3: mount.mode \"0o755\": not a mode: give octal digits"},
      {"mount:\n  mode: 2000\n", "2:3: mount.mode \"2000\": not a mode: "},
      {"mkfs:\n  loglen: 10x\n", "2:3: mkfs.loglen \"10x\": not a size: "},
      {"allocation:\n  nstrips: -1\n", "2:3: allocation.nstrips \"-1\": not a number: "},
      {"logging:\n  level: loud\n",
       "2:3: logging.level \"loud\": unknown value: give one of debug, "
       "info, warning, error"},
      {"system_uuid: 1\n", "1:1: system_uuid \"1\": not a UUID: "},
      {"mount: 5\n", "1:1: mount: not a map: put its keys below it, indented"},
      {"- mount\n", "1:1: not a map: give keys, as in famfs.yaml(5)"},
      {"mount\n", "1:1: not a map: "},
      {"mount:\nmount:\n", "2:1: key \"mount\" is there twice: remove one"},
      {"mount:\n\ttimeout: 5\n", "2:9: not YAML: a tab before the first word: use spaces"},
      {"mount:\n  timeout: 5\n mmap: cached\n", "3:2: not YAML: "},
      {"mount:\n---\nmkfs:\n", "2:1: a second document begins: give one only"},
      {"mount:\n  mmap: c\xff\n", "2:10: byte \\xff: neither UTF-8 nor a line's end: remove it"},
      {"mount:\n  mmap: \x04\n", "2:9: byte \\x04: "}, // yaml-cpp's mark of the end
      {std::string("mount:\0", 7), "1:7: byte \\x00: "},
      {"\"\\e[31m\": 1\n", "1:1: \\x1b[31m: unknown key: "},
  };
  for (const auto& [text, begin] : cases) {
    CAPTURE(text);
    const std::string message = wrong(text);
    CAPTURE(message);
    CHECK(message.starts_with(begin));
  }
}

TEST_CASE("config: hostile text is an error") {
  const auto many = [](std::string_view part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) {
      text += part;
    }
    return text;
  };
  for (const char* part : {"[", "{", "- ", "? ", "&a ", "!", "[a, ", "{a: ", "\"", "'", "*a "}) {
    CAPTURE(part);
    CHECK_FALSE(wrong(many(part, 15'000)).empty());
  }
  std::string steps = "mount:\n";
  for (int i = 1; i < 300; ++i) {
    steps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  }
  CHECK(wrong(steps).find("too deeply nested") != std::string::npos);
  CHECK(wrong(many("[", 60'000)).find("too deeply nested") != std::string::npos);
  CHECK(wrong("mount: &a [*a]").find("too deeply nested") != std::string::npos);
  CHECK(wrong(" " + many("# comment\n", 7'000)).find("more than 65536 bytes") != std::string::npos);
}

TEST_CASE("config: which file, and what if it is not there") {
  const Scratch scratch;
  const auto absent = famfs::read_config({.path = scratch.path()});
  REQUIRE(absent);
  CHECK_FALSE(absent->found);
  CHECK(text_of(absent->config) == text_of(Config()));
  CHECK(famfs::read_config({.path = scratch.path(), .required = true}).error().code ==
        Errc::not_found);
  CHECK(famfs::read_config({.path = "/dev/null", .required = true}));
  CHECK_FALSE(famfs::read_config({.path = "/dev/zero"}));
  CHECK_FALSE(famfs::read_config({.path = "/"}));

  ::unsetenv("FAMFS_CONFIG");
  CHECK(famfs::ConfigSource::usual().path == "/etc/famfs/famfs.yaml");
  CHECK_FALSE(famfs::ConfigSource::usual().required);
  ::setenv("FAMFS_CONFIG", "/some/file", 1);
  CHECK(famfs::ConfigSource::usual().path == "/some/file");
  CHECK(famfs::ConfigSource::usual().required);
  ::unsetenv("FAMFS_CONFIG");
}

TEST_CASE("config: a value goes over one that is there") {
  Config config;
  REQUIRE(famfs::set_config(config, "mount.timeout", "5"));
  REQUIRE(famfs::set_config(config, "mount.timeout", "7"));
  CHECK(config.mount.timeout == 7);
  CHECK_FALSE(famfs::set_config(config, "mount.timeout", "x"));
  CHECK(config.mount.timeout == 7);
  CHECK_FALSE(famfs::set_config(config, "timeout", "7"));
}

TEST_CASE("config: the example has every key, commented out, with what is built in") {
  const std::string example = slurp(fs::path(FAMFS_TEST_DATA) / "../dist/famfs.yaml");
  CHECK(text_of(good(example).config) == text_of(Config()));
  const auto file =
      good(std::regex_replace(example, std::regex(R"((^|\n)( *)#([a-z_]+: \S+))"), "$1$2$3"));
  for (const ConfigKey& key : famfs::config_keys()) {
    CAPTURE(key.path());
    CHECK(file.places.contains(key.path()));
    if (key.none.empty()) {
      CHECK(key.get(file.config) == key.get(Config()));
    }
  }
}

TEST_CASE("config: the documentation has every key") {
  const std::string docs = slurp(fs::path(FAMFS_TEST_DATA) / "../docs/config.md");
  for (const ConfigKey& key : famfs::config_keys()) {
    CAPTURE(key.path());
    CHECK(docs.find("| `" + key.path() + "` |") != std::string::npos);
  }
}
