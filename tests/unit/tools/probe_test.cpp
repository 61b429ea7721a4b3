// famfs probe: what it says of a file system, of none, and of bytes that pretend to be one.
#include "support.h"

#include "base/bytes.h"
#include "base/units.h"
#include "format/superblock.h"

#include "catch.h"

#include <nlohmann/json.hpp>

#include <fstream>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

namespace {

void overwrite(const std::string& device, std::streamoff at, Bytes bytes) {
  std::fstream file(device, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

} // namespace

TEST_CASE("probe: the same file system in every form, and nothing is changed") {
  Tools tools;
  const std::string device = tools.file_system();
  const auto before = digest(device);
  const Run json = tools(run_probe, {"--json", device});
  CHECK(json.exit == 0);
  const auto found = nlohmann::json::parse(json.out);
  const auto uuid = found["uuid"].get<std::string>();
  CHECK(uuid.size() == 36);
  CHECK(found["device"].get<std::string>() == device);
  CHECK(found["device_size"] == 64 * MiB);

  const Run people = tools(run_probe, {device});
  CHECK(people.exit == 0);
  CHECK(one_line(people.out));
  CHECK(people.out.starts_with(device + ": famfs file system " + uuid));

  const Run udev = tools(run_probe, {"--udev", device});
  CHECK(udev.exit == 0);
  CHECK(udev.out == "ID_FS_TYPE=famfs\nID_FS_USAGE=filesystem\nID_FS_VERSION=2.2\nID_FS_UUID=" +
                        uuid + "\nID_FS_UUID_ENC=" + uuid + "\nID_FS_SIZE=67108864\n" +
                        "FAMFS_SYSTEM_UUID=" + found["system_uuid"].get<std::string>() + "\n");
  CHECK(digest(device) == before);
  CHECK(tools(run_probe, {"--udev", "--json", device}).exit == 2);
}

TEST_CASE("probe: no file system is one line and no property") {
  Tools tools;
  const std::string empty = tools.scratch.device("empty", 64 * MiB);
  const std::string tiny = tools.scratch.device("tiny", 100);
  for (const std::string& device : {empty, tiny, tools.scratch.path("missing"), std::string("/")}) {
    CAPTURE(device);
    const Run run = tools(run_probe, {"--udev", device});
    CHECK(run.exit == 1);
    CHECK(run.out.empty());
    CHECK(one_line(run.err));
  }
}

TEST_CASE("probe: whichever byte of a superblock is wrong, no property is printed") {
  Tools tools;
  const std::string device = tools.file_system();
  const std::string good = slurp(device).substr(0, format::kSuperblockSize);
  constexpr std::size_t under_crc = 104; // and the CRC itself
  for (std::size_t at = 0; at < under_crc; ++at) {
    CAPTURE(at);
    std::string bad = good;
    bad[at] = static_cast<char>(~bad[at]);
    overwrite(device, 0, std::as_bytes(std::span(bad)));
    const Run run = tools(run_probe, {"--udev", device});
    CHECK(run.exit == 1);
    CHECK(run.out.empty());
    CHECK(one_line(run.err));
  }
}

TEST_CASE("probe: text that a hostile superblock carries is not printed") {
  Tools tools;
  const std::string device = tools.file_system();
  constexpr std::streamoff device_path = 136;
  const std::string text = "\nID_FS_TYPE=ext4\nSYSTEMD_WANTS=evil.service\n";
  overwrite(device, device_path, std::as_bytes(std::span(text)));
  for (const char* form : {"--udev", "--json"}) {
    const Run run = tools(run_probe, {form, device});
    CHECK(run.exit == 0);
    CHECK(run.out.find("evil") == std::string::npos);
  }
}
