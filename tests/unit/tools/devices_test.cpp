// famfs devices on the machine as it is, which mostly has none; bad memory in mkfs and fsck, made
// up.
#include "support.h"

#include "base/units.h"

#include "catch.h"

#include <nlohmann/json.hpp>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

TEST_CASE("devices: a list in both forms, exit 0, whatever the machine has") {
  Tools tools;
  const Run text = tools(run_devices, {});
  CHECK(text.exit == 0);
  CHECK(text.out.starts_with("DEVICE "));
  CHECK(text.err.empty()); // the hint is for terminals
  const Run json = tools(run_devices, {"--json"});
  CHECK(json.exit == 0);
  const auto list = nlohmann::json::parse(json.out);
  REQUIRE(list.is_array());
  for (const auto& device : list) {
    for (const char* key :
         {"name", "device", "device_size", "alignment", "mode", "driver", "numa_node",
          "target_node", "region", "bus", "namespace", "namespace_uuid", "read_only", "bad_memory",
          "holder", "file_system", "problem"}) {
      CAPTURE(key);
      CHECK(device.contains(key));
    }
  }
  CHECK(tools(run_devices, {"extra"}).exit == 2);
}

TEST_CASE("mkfs: too small for anything, with how to make it larger, and nothing is touched") {
  Tools tools;
  const std::string device = tools.scratch.device("small", 11 * MiB);
  const auto before = digest(device);
  const Run run = tools(run_mkfs, {device});
  CHECK(run.exit == to_exit(Errc::unsupported));
  CHECK(one_line(run.err));
  CHECK(run.err.find("truncate -s 1G " + device) != std::string::npos);
  CHECK(digest(device) == before);
}

TEST_CASE("mkfs: bad memory under superblock or log is refused, nothing is touched") {
  Tools tools;
  const std::string device = tools.scratch.device("device", 64 * MiB);
  const auto before = digest(device);
  for (const media::BadRange& range : {media::BadRange{0, 512}, media::BadRange{4 * MiB, 512}}) {
    tools.bad = {range};
    const Run run = tools(run_mkfs, {device});
    CHECK(run.exit == to_exit(Errc::io));
    CHECK(one_line(run.err));
    CHECK(run.err.find("bad memory") != std::string::npos);
    CHECK(digest(device) == before);
  }
}

TEST_CASE("mkfs: bad memory in the space for files is told, and no more") {
  Tools tools;
  tools.bad = {{20 * MiB, 512}};
  const Run run = tools(run_mkfs, {tools.scratch.device("device", 64 * MiB)});
  CHECK(run.exit == 0);
  CHECK(run.err.find("warning") != std::string::npos);
  CHECK(one_line(run.err));
}

TEST_CASE("fsck: bad memory in free space is a note, in the log a fault") {
  Tools tools;
  const std::string device = tools.file_system();
  tools.bad = {{20 * MiB, 512}};
  const Run note = tools(run_fsck, {device});
  CHECK(note.exit == 0);
  CHECK(note.out.starts_with("note: bad memory at 0x1400000, 512 bytes: in free space"));
  CHECK(note.out.ends_with(": clean\n"));

  tools.bad = {{8 * MiB, 512}, {20 * MiB, 512}};
  const Run fault = tools(run_fsck, {device});
  CHECK(fault.exit == 4);
  CHECK(fault.out.find("bad memory at 0x800000, 512 bytes: in the log") != std::string::npos);
  const auto json = nlohmann::json::parse(tools(run_fsck, {"--json", device}).out);
  CHECK(json["fault_count"] == 1);
  REQUIRE(json["bad_memory"].size() == 2);
  CHECK(json["bad_memory"][0]["where"] == "log");
  CHECK(json["bad_memory"][0]["fault"] == true);
  CHECK(json["bad_memory"][1]["where"] == "free-space");
  CHECK(json["bad_memory"][1]["offset"] == 20 * MiB);
  CHECK(json["bad_memory"][1]["fault"] == false);
}
