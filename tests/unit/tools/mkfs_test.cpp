// mkfs.famfs: docs and the public tools' table, row by row.
#include "support.h"

#include "base/units.h"

#include "catch.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

TEST_CASE("mkfs: one line with UUID, size and entries; nothing over a file system without -f") {
  Tools tools;
  const std::string device = tools.scratch.device("device", 64 * MiB);
  const Run made = tools(run_mkfs, {device});
  CHECK(made.exit == 0);
  CHECK(one_line(made.out));
  CHECK(made.out.find("67108864") != std::string::npos);
  CHECK(made.out.find("15420 entries") != std::string::npos);
  const auto before = digest(device);

  const Run again = tools(run_mkfs, {device});
  CHECK(again.exit == 1);
  CHECK(one_line(again.err));
  CHECK(again.err.find("--force") != std::string::npos);
  CHECK(digest(device) == before);

  CHECK(tools(run_mkfs, {"--force", device}).exit == 0);
  CHECK(digest(device) != before); // another UUID
  CHECK(tools(run_fsck_famfs, {device}).exit == 0);
}

TEST_CASE("mkfs: a wrong log length changes nothing") {
  Tools tools;
  const std::string device = tools.scratch.device("device", 64 * MiB);
  for (const char* length :
       {"4m", "9m", "12m", "64m", "1t", "0", "-1", "10x", "", "99999999999999999999"}) {
    CAPTURE(length);
    const Run run = tools(run_mkfs, {"-l", length, device});
    CHECK(run.exit != 0);
    CHECK(run.exit < 128);
    CHECK(one_line(run.err));
    CHECK(slurp(device) == std::string(64 * MiB, '\0'));
  }
  CHECK(tools(run_mkfs, {"-l", "16m", device}).exit == 0);
  CHECK(tools(run_fsck_famfs, {"-v", device}).out.find("log_len: 16777216\n") != std::string::npos);
}

TEST_CASE("mkfs: --kill only with --force, and then nothing is left to mount") {
  Tools tools;
  const std::string device = tools.file_system();
  const auto before = digest(device);
  CHECK(tools(run_mkfs, {"-k", device}).exit != 0);
  CHECK(digest(device) == before);
  CHECK(tools(run_mkfs, {"-f", "-k", device}).exit == 0);
  CHECK(tools(run_fsck_famfs, {device}).exit == 4);
  CHECK(tools(run_mkfs, {device}).exit == 0); // nobody's again
}

TEST_CASE("mkfs: missing, empty and wrong devices") {
  Tools tools;
  for (const std::string& device :
       {tools.scratch.path("missing"), tools.scratch.device("empty", 0), tools.scratch.path(""),
        std::string("/dev/null"), tools.scratch.device("small", 1 * MiB)}) {
    CAPTURE(device);
    const Run run = tools(run_mkfs, {device});
    CHECK(run.exit != 0);
    CHECK(run.exit < 128);
    CHECK(one_line(run.err));
  }
}

TEST_CASE("mkfs: a claimed device is busy, even with --force") {
  Tools tools;
  const std::string device = tools.file_system();
  const auto before = digest(device);
  const int fd = ::open(device.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  // Somebody's mount: or mkfs would wait a moment for a holder that is just going.
  struct stat status{};
  REQUIRE(::fstat(fd, &status) == 0);
  tools.mount_table = tools.scratch.path("table");
  spill(tools.mount_table, "22 1 9:9 / /mnt rw - fuse.famfs " + device + " rw\n");
  for (const Args& args : {Args{device}, Args{"-f", device}, Args{"-f", "-k", device}}) {
    const Run run = tools(run_mkfs, args);
    CHECK(run.exit == 16);
    CHECK(one_line(run.err));
    CHECK(digest(device) == before);
  }
  CHECK(tools(run_fsck_famfs, {device}).exit == 16);
  CHECK(tools(run_famfs, {"fsck", device}).exit == 16);
  CHECK(tools(run_famfs, {"dump", device}).exit == 0); // looks on
  ::close(fd);
  CHECK(tools(run_fsck_famfs, {device}).exit == 0);
}

TEST_CASE("mkfs --size makes a stand-in, or nothing") {
  Tools tools;
  const std::string device = tools.scratch.path("stand-in");
  CHECK(tools(run_mkfs, {"--size", "1g", "-l", "9m", device}).exit != 0);
  CHECK(!std::filesystem::exists(device));
  CHECK(tools(run_mkfs, {"--size", "10x", device}).exit != 0);
  CHECK(tools(run_mkfs, {"--size", "1g", "-f", "-k", device}).exit == 2);
  CHECK(!std::filesystem::exists(device));
  CHECK(tools(run_mkfs, {"--size", "1g", device}).exit == 0);
  struct stat status{};
  REQUIRE(::stat(device.c_str(), &status) == 0);
  CHECK(status.st_size == static_cast<off_t>(GiB));
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_blocks * 512 < static_cast<off_t>(64 * MiB));
  const auto before = status.st_ino;
  CHECK(tools(run_mkfs, {"--size", "1g", "--force", device}).exit != 0); // it is there
  REQUIRE(::stat(device.c_str(), &status) == 0);
  CHECK(status.st_ino == before);
}

TEST_CASE("mkfs --json") {
  Tools tools;
  const std::string device = tools.scratch.device("device", 64 * MiB);
  const auto told = nlohmann::json::parse(tools(run_mkfs, {"--json", device}).out);
  CHECK(told["device_size"] == 64 * MiB);
  CHECK(told["log"]["capacity"] == 15420);
  const auto dump = nlohmann::json::parse(tools(run_famfs, {"dump", "--json", device}).out);
  CHECK(dump["superblock"]["uuid"] == told["uuid"]);
  CHECK(dump["superblock"]["system_uuid"] == told["system_uuid"]);
  CHECK(slurp(tools.scratch.path("uuid")).substr(0, 36) == told["system_uuid"].get<std::string>());
}
