#include "base/host_id.h"

#include "catch.h"

#include <array>
#include <barrier>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using famfs::host_uuid;
using famfs::HostIdMode;
using famfs::Uuid;

namespace {

const std::string kText = "01234567-89ab-4def-8123-456789abcdef";

class Folder {
public:
  Folder() {
    std::string name = "/dev/shm/famfs-test.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] famfs::HostIdFiles files() const {
    return {.public_file = path_ / "opt/system_uuid", .own_file = path_ / "etc/famfs/system_uuid"};
  }
  void write(const fs::path& file, std::string_view text) const {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  [[nodiscard]] std::size_t count(const fs::path& folder) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
  }

private:
  fs::path path_;
};

} // namespace

TEST_CASE("host UUID: the public tools' file first, with what they end it with") {
  const Folder folder;
  const auto files = folder.files();
  folder.write(files.own_file, Uuid::random().text());
  for (const std::string& end :
       {std::string(), std::string("\n"), std::string(1, '\0'), std::string("\n\0", 2)}) {
    folder.write(files.public_file, kText + end);
    const auto uuid = host_uuid(HostIdMode::read_only, files);
    REQUIRE(uuid);
    CHECK(uuid->text() == kText);
  }
}

TEST_CASE("host UUID: our file where there is no other") {
  const Folder folder;
  const auto files = folder.files();
  folder.write(files.own_file, kText);
  CHECK(host_uuid(HostIdMode::create, files)->text() == kText);
}

TEST_CASE("host UUID: with neither file, reading fails and makes nothing") {
  const Folder folder;
  const auto files = folder.files();
  const auto uuid = host_uuid(HostIdMode::read_only, files);
  REQUIRE(!uuid);
  CHECK(uuid.error().code == famfs::Errc::not_found);
  CHECK(uuid.error().message.find(files.own_file.native()) != std::string::npos);
  CHECK(!fs::exists(files.own_file.parent_path()));
}

TEST_CASE("host UUID: makes our file once, readable by all, whatever the umask") {
  const Folder folder;
  const auto files = folder.files();
  const auto old = ::umask(0077);
  const auto made = host_uuid(HostIdMode::create, files);
  ::umask(old);
  REQUIRE(made);
  CHECK(!made->is_nil());
  CHECK(host_uuid(HostIdMode::create, files) == *made);
  CHECK(fs::status(files.own_file).permissions() == fs::perms{0444});
  CHECK(!fs::exists(files.public_file));
  CHECK(folder.count(files.own_file.parent_path()) == 1);
}

TEST_CASE("host UUID: many makers at once agree") {
  for (int round = 0; round < 50; ++round) {
    const Folder folder;
    const auto files = folder.files();
    std::array<Uuid, 8> seen;
    {
      std::barrier start(seen.size());
      std::array<std::jthread, seen.size()> makers;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        makers[i] = std::jthread([&, i] {
          start.arrive_and_wait();
          seen[i] = host_uuid(HostIdMode::create, files).value_or(Uuid{});
        });
      }
    }
    for (const Uuid& uuid : seen) {
      REQUIRE(!uuid.is_nil());
      REQUIRE(uuid == seen[0]);
    }
    REQUIRE(folder.count(files.own_file.parent_path()) == 1);
  }
}

TEST_CASE("host UUID: a malformed file is named, and never replaced") {
  const Folder folder;
  const auto files = folder.files();
  const std::string bad = GENERATE(as<std::string>{}, "", "x", kText + "0", kText.substr(1),
                                   "zzzzzzzz-89ab-4def-8123-456789abcdef", std::string(5000, 'a'));
  folder.write(files.public_file, bad);
  const auto uuid = host_uuid(HostIdMode::create, files);
  REQUIRE(!uuid);
  CHECK(uuid.error().code == famfs::Errc::invalid);
  CHECK(uuid.error().message.find(files.public_file.native()) != std::string::npos);
  CHECK(!fs::exists(files.own_file));
  CHECK(fs::file_size(files.public_file) == bad.size());
}
