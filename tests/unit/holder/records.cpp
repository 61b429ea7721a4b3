// Records: what people read, and how they come and go.
#include "catch.h"
#include "holder/record.h"
#include "support.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/sysmacros.h>
#include <unistd.h>

using namespace famfs;
using namespace holder_test;
using holder::ClaimMode;
using holder::Owner;
using holder::Registry;

namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("a record is YAML for people, follows the mount point, and goes with the claim") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  const std::array devices{&device};
  const Owner owner = Owner::make();
  auto claim =
      registry.claim(devices, owner, {.program = "testd", .mount_point = "", .notify_failure = {}});
  REQUIRE(claim);
  const auto file = scratch.directory() / (device.info().id.text() + ".yaml");
  const std::string text = slurp(file);
  CAPTURE(text);
  CHECK(contains(text, device.info().id.text()));
  CHECK(contains(text, "path: " + device.info().path));
  CHECK(contains(text, "pid: " + std::to_string(::getpid()) + "\n"));
  CHECK(contains(text, "program: testd\n"));
  CHECK(contains(text, "mode: hold\n"));
  CHECK_FALSE(contains(text, owner.token));
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0644));
  CHECK(std::filesystem::status(scratch.directory()).permissions() == std::filesystem::perms(0755));
  CHECK_FALSE(contains(registry.holder(device.info().id)->text(), "mounted"));

  const std::string odd = "/mnt/a b: \"c\"\n#d";
  REQUIRE(claim->set_mount_point(odd));
  const auto record = holder::parse_record(slurp(file), "record");
  REQUIRE(record);
  CHECK(record->mount_point == odd);
  CHECK(record->device == device.info().id);
  Registry other(scratch.options());
  REQUIRE(other.holder(device.info().id));
  CHECK(other.holder(device.info().id)->mount_point == odd);
  CHECK_FALSE(contains(other.holder(device.info().id)->text(), "\n"));
  CHECK(other.holder(device.info().id)->live);

  claim->release();
  CHECK(scratch.left().empty());
  CHECK_FALSE(other.holder(device.info().id));
  CHECK(claim->set_mount_point("/x").error().code == Errc::invalid);
}

TEST_CASE("records round-trip, and what is no record is refused by name") {
  const holder::Record record{
      .device = {.kind = media::DeviceKind::devdax, .dev = gnu_dev_makedev(252, 3), .ino = 0},
      .device_path = "/dev/dax0.0",
      .pid = 17,
      .program = "famfsd",
      .mount_point = "/mnt/x",
      .since = holder::now_as_text(),
      .mode = ClaimMode::hold_alone,
      .live = false};
  const auto again = holder::parse_record(holder::record_yaml(record), "r");
  REQUIRE(again);
  CHECK(again->device == record.device);
  CHECK(again->device_path == record.device_path);
  CHECK(again->pid == 17);
  CHECK(again->mode == ClaimMode::hold_alone);
  CHECK(again->text() == "famfsd (pid 17), mounted on /mnt/x since " + record.since);

  const std::string good = holder::record_yaml(record);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"pid: 17", "pid: -17"},
                                 {"pid: 17", "pid: 99999999999"},
                                 {"pid: 17", "pid: [17]"},
                                 {"pid: 17", ""},
                                 {"mode: hold_alone", "mode: own"},
                                 {"252:3", "252"},
                                 {"program: famfsd", "program: {a: b}"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    CAPTURE(bad);
    const auto refused = holder::parse_record(bad, "the source");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::corrupt);
    CHECK(contains(refused.error().message, "the source"));
  }
}

TEST_CASE("device ids are read back as they are printed, and not otherwise") {
  for (const char* text :
       {"dax-252:0", "file-0:28-1234", "file-259:1048575-18446744073709551615"}) {
    CAPTURE(text);
    const auto id = holder::parse_device_id(text);
    REQUIRE(id);
    CHECK(id->text() == text);
  }
  for (const char* text : {"", "dax", "dax-", "dax-1", "dax-1:", "dax-1:2-3", "dax-01:2",
                           "file-1:2", "file-1:2-", "file-1:2--3", "file-1:2-18446744073709551616",
                           "disk-1:2", "file-1:2-3 ", "../file-1:2-3"}) {
    CAPTURE(text);
    CHECK_FALSE(holder::parse_device_id(text));
  }
  CHECK(holder::device_of("dax-252:0.yaml"));
  CHECK(holder::device_of("dax-252:0.observer-17-1.yaml"));
  CHECK_FALSE(holder::device_of("dax-252:0.lock"));
  CHECK_FALSE(holder::device_of("notes.yaml"));
}
