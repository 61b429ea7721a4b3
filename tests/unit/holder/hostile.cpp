// Nothing in the directory of records is trusted: what others put there is refused, and stops
// nobody.
#include "base/error.h"
#include "base/fd.h"
#include "catch.h"
#include "holder/record.h"
#include "support.h"

#include <array>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace famfs;
using namespace holder_test;
using holder::Owner;
using holder::Registry;

namespace {

namespace fs = std::filesystem;

const holder::HolderInfo kListens{
    .program = "testd", .mount_point = "", .notify_failure = [](auto, auto) {}};

std::string forged(const media::DeviceId& id) {
  return holder::record_yaml({.device = id,
                              .device_path = "/dev/forged",
                              .pid = 1,
                              .program = "init",
                              .mount_point = "/",
                              .since = "1970-01-01T00:00:00+00:00",
                              .mode = holder::ClaimMode::hold,
                              .live = true});
}

void write(const fs::path& path, const std::string& text, fs::perms mode = fs::perms(0644)) {
  std::ofstream(path) << text;
  fs::permissions(path, mode);
}

// Every way to put something bad under that name; nothing for an unknown number.
bool plant(int way, const fs::path& path, const media::DeviceId& id) {
  const fs::path aside = path.parent_path().parent_path() / "aside";
  switch (way) {
  case 0:
    return ::mkfifo(path.c_str(), 0644) == 0;
  case 1:
    write(aside, forged(id));
    fs::create_symlink(aside, path);
    return true;
  case 2:
    write(aside, forged(id));
    fs::create_hard_link(aside, path);
    return true;
  case 3:
    write(path, forged(id), fs::perms(0666));
    return true;
  case 4:
    write(path, std::string(1 << 20, 'x'));
    return true;
  case 5:
    write(path, "{: ]\x01\xff*a &a");
    return true;
  case 6:
    write(path, "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c,*d]\n");
    return true;
  case 7:
    write(path, forged({.kind = media::DeviceKind::regular, .dev = 1, .ino = 1}));
    return true;
  case 8:
    write(path, "");
    return true;
  case 9:
    fs::create_symlink("/nonexistent", path);
    return true;
  case 10:
    write(path, forged(id));
    return ::geteuid() != 0 || ::chown(path.c_str(), 65534, 65534) == 0;
  default:
    return false;
  }
}

} // namespace

TEST_CASE("a bad record is not believed, is warned of, and gives way to the next claim") {
  for (int way = 0;; ++way) {
    CAPTURE(way);
    const Scratch scratch;
    const media::Device device = scratch.device("dev");
    fs::create_directories(scratch.directory());
    const auto& id = device.info().id;
    if (!plant(way, scratch.directory() / (id.text() + ".yaml"), id)) {
      CHECK(way == 11);
      break;
    }
    if (way == 10 && ::geteuid() != 0) {
      continue;
    }
    Registry registry(scratch.options());
    const CapturedLog captured;
    CHECK(registry.list().empty());
    CHECK_FALSE(registry.holder(id));
    CHECK(contains(captured.text(), id.text()));
    CHECK(registry.report_failure(id, 0, 1).error().code == Errc::unsupported);
    const std::array devices{&device};
    auto claim = registry.claim(devices, Owner::make(), kListens);
    REQUIRE(claim);
    REQUIRE(registry.list().size() == 1);
    CHECK(registry.list()[0].live);
    CHECK(registry.list()[0].program == "testd");
    claim->release();
    CHECK(scratch.left().empty());
  }
}

TEST_CASE("a forged record that nobody has locked is stale, whatever it says") {
  const Scratch scratch;
  const media::Device device = scratch.device("dev");
  fs::create_directories(scratch.directory());
  write(scratch.directory() / (device.info().id.text() + ".yaml"), forged(device.info().id));
  Registry registry(scratch.options());
  CHECK_FALSE(registry.holder(device.info().id));
  REQUIRE(registry.list().size() == 1);
  CHECK_FALSE(registry.list()[0].live);
}

TEST_CASE("who can only read a record can neither make it look alive nor get in its way") {
  const Scratch scratch;
  const media::Device device = scratch.device("dev");
  fs::create_directories(scratch.directory());
  const auto& id = device.info().id;
  const fs::path path = scratch.directory() / (id.text() + ".yaml");
  write(path, forged(id)); // of a holder who was killed
  Registry registry(scratch.options());
  const auto lock_all = [](int fd) {
    struct flock lock{};
    lock.l_type = F_RDLCK;
    CHECK(::flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK(::fcntl(fd, F_OFD_SETLK, &lock) == 0);
    lock.l_type = F_WRLCK;
    CHECK(::fcntl(fd, F_OFD_SETLK, &lock) != 0);
  };
  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  lock_all(reader.get());
  CHECK_FALSE(registry.holder(id));
  const std::array devices{&device};
  const auto claim = registry.claim(devices, Owner::make(), kListens);
  REQUIRE(claim);
  REQUIRE(registry.list().size() == 1);
  CHECK(registry.list()[0].live);
  CHECK(registry.list()[0].program == "testd");
}

TEST_CASE("a lock file that is not one is left alone: the device's own lock excludes") {
  for (const char* suffix : {".lock", ".observers"}) {
    for (const int way : {0, 1, 2, 3}) {
      CAPTURE(suffix, way);
      const Scratch scratch;
      const media::Device device = scratch.device("dev");
      fs::create_directories(scratch.directory());
      const auto& id = device.info().id;
      REQUIRE(plant(way, scratch.directory() / (id.text() + suffix), id));
      Registry registry(scratch.options());
      Registry other(scratch.options());
      const std::array devices{&device};
      const CapturedLog captured;
      const auto claim =
          registry.claim(devices, Owner::make(), kListens, holder::ClaimMode::hold_alone);
      REQUIRE(claim);
      CHECK(contains(captured.text(), "claimed without a record"));
      CHECK(other.claim(devices, Owner::make(), kListens).error().code == Errc::busy);
      CHECK(scratch.left().size() == 1);
    }
  }
}

TEST_CASE("a directory that others may write to, or that is none, is not used") {
  const Scratch scratch;
  const media::Device device = scratch.device("dev");
  fs::create_directories(scratch.directory().parent_path());
  SECTION("others may write") {
    fs::create_directory(scratch.directory());
    fs::permissions(scratch.directory(), fs::perms(0777));
  }
  SECTION("symlink") {
    fs::create_directory(scratch.path() / "aside");
    fs::create_symlink(scratch.path() / "aside", scratch.directory());
  }
  SECTION("file") {
    write(scratch.directory(), "x");
  }
  Registry registry(scratch.options());
  Registry other(scratch.options());
  const std::array devices{&device};
  const CapturedLog captured;
  const auto claim = registry.claim(devices, Owner::make(), kListens);
  REQUIRE(claim);
  CHECK(contains(captured.text(), "claimed without a record"));
  CHECK(registry.list().empty());
  CHECK(other.claim(devices, Owner::make(), kListens).error().code == Errc::busy);
  CHECK(registry.report_failure(device.info().id, 0, 1)); // in this process it is heard of still
}

TEST_CASE("something else in the socket's place is not talked to, and gives way") {
  const Scratch scratch;
  const media::Device device = scratch.device("dev");
  fs::create_directories(scratch.directory());
  const auto& id = device.info().id;
  const auto socket = scratch.directory() / (id.text() + ".sock");
  REQUIRE(::mkfifo(socket.c_str(), 0600) == 0);
  Registry registry(scratch.options());
  Registry other(scratch.options());
  const std::array devices{&device};
  const auto claim = registry.claim(devices, Owner::make(), kListens);
  REQUIRE(claim);
  CHECK(other.report_failure(id, 0, 1));
  fs::remove(socket);
  REQUIRE(::mkfifo(socket.c_str(), 0600) == 0);
  CHECK(other.report_failure(id, 0, 1).error().code == Errc::unsupported);
}
