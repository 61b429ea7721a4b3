// What a daemon may answer to FAMFS_IOC_MAP, and what not: anyone can run a FUSE server.
#include "capi/map_source.h"

#include "base/units.h"
#include "capi/open_device.h"
#include "catch.h"
#include "format/layout.h"

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::capi;

namespace {

famfs_ioc_map good() {
  famfs_ioc_map a{};
  a.version = FAMFS_CONTROL_VERSION;
  a.kind = FAMFS_MAP_SIMPLE;
  a.size = 3 * MiB;
  a.count = 2;
  a.device_size = GiB;
  a.device_alignment = 4096;
  a.device_dev = 1;
  a.device_ino = 2;
  a.extents[0] = {0, 16 * MiB, 2 * MiB};
  a.extents[1] = {0, 32 * MiB, 2 * MiB};
  std::strcpy(a.device_path, "/dev/shm/x");
  a.path_length = 10;
  return a;
}

famfs_ioc_map interleaved() {
  famfs_ioc_map a = good();
  a.kind = FAMFS_MAP_INTERLEAVED;
  a.chunk = 2 * MiB;
  return a;
}

} // namespace

TEST_CASE("a good answer is taken over whole", "[answer]") {
  DirectFile file;
  REQUIRE(validate(good(), file) == 0);
  CHECK(file.size == 3 * MiB);
  CHECK(file.map.extents.size() == 2);
  CHECK(file.map.extents[1].offset == 32 * MiB);
  CHECK(std::string(file.device.path) == "/dev/shm/x");
  CHECK_FALSE(file.pending);
  REQUIRE(validate(interleaved(), file) == 0);
  CHECK(file.map.kind == format::MapKind::interleaved);
  CHECK(file.map.chunk == 2 * MiB);
}

TEST_CASE("an answer that cannot be is refused", "[answer]") {
  using Spoil = std::function<void(famfs_ioc_map&)>;
  const std::pair<const char*, Spoil> cases[] = {
      {"count", [](auto& a) { a.count = 17; }},
      {"count far out", [](auto& a) { a.count = UINT32_MAX; }},
      {"no extents", [](auto& a) { a.count = 0; }},
      {"size past the extents", [](auto& a) { a.size = 4 * MiB + 1; }},
      {"size 2^64 - 1", [](auto& a) { a.size = UINT64_MAX; }},
      {"kind", [](auto& a) { a.kind = 2; }},
      {"a chunk without strips", [](auto& a) { a.chunk = 2 * MiB; }},
      {"an extent past the device", [](auto& a) { a.extents[1].offset = GiB - MiB; }},
      {"an extent that wraps", [](auto& a) { a.extents[1].offset = UINT64_MAX - 4095; }},
      {"a length that wraps", [](auto& a) { a.extents[1].length = UINT64_MAX - 4095; }},
      {"length 0", [](auto& a) { a.extents[1].length = 0; }},
      {"an odd offset", [](auto& a) { a.extents[1].offset += 512; }},
      {"an odd length", [](auto& a) { a.extents[1].length += 512; }},
      {"another device", [](auto& a) { a.extents[1].device = 1; }},
      {"alignment 0", [](auto& a) { a.device_alignment = 0; }},
      {"alignment below a page", [](auto& a) { a.device_alignment = 512; }},
      {"alignment not a power of two", [](auto& a) { a.device_alignment = 12288; }},
      {"alignment out of this world", [](auto& a) { a.device_alignment = 1ULL << 40; }},
      {"device size", [](auto& a) { a.device_size = UINT64_MAX; }},
      {"no device", [](auto& a) { a.device_ino = 0; }},
      {"two devices", [](auto& a) { a.device_id = 7; }},
      {"no path", [](auto& a) { a.device_path[0] = 0, a.path_length = 0; }},
      {"a relative path", [](auto& a) { a.device_path[0] = 'd'; }},
      {"a path without end",
       [](auto& a) { std::memset(a.device_path, '/', sizeof a.device_path); }},
      {"a path of another length", [](auto& a) { a.path_length = 9; }},
  };
  for (const auto& [name, spoil] : cases) {
    CAPTURE(name);
    famfs_ioc_map answer = good();
    spoil(answer);
    DirectFile file;
    CHECK(validate(answer, file) == -EIO);
  }
}

TEST_CASE("strips that cannot be are refused", "[answer]") {
  using Spoil = std::function<void(famfs_ioc_map&)>;
  const std::pair<const char*, Spoil> cases[] = {
      {"chunk 0", [](auto& a) { a.chunk = 0; }},
      {"chunk not a power of two", [](auto& a) { a.chunk = 3 * MiB; }},
      {"chunk below a page", [](auto& a) { a.chunk = 512; }},
      {"no strips", [](auto& a) { a.count = 0, a.size = 0; }},
      {"strips of two lengths", [](auto& a) { a.extents[1].length = 4 * MiB; }},
      {"strips of half chunks", [](auto& a) { a.chunk = 4 * MiB; }},
  };
  for (const auto& [name, spoil] : cases) {
    CAPTURE(name);
    famfs_ioc_map answer = interleaved();
    spoil(answer);
    DirectFile file;
    CHECK(validate(answer, file) == -EIO);
  }
}

TEST_CASE("what is no file of a famfs mount is ENOTTY, a wrong descriptor EBADF", "[answer]") {
  DirectFile file;
  for (const char* path : {"/dev/null", "/dev/shm", "/proc/self/exe", "/proc/self/maps"}) {
    CAPTURE(path);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    CHECK(kDaemon.query(fd, FAMFS_MAP_LOOK, file) == -ENOTTY);
    close(fd);
  }
  CHECK(kDaemon.query(-1, FAMFS_MAP_LOOK, file) == -EBADF);
  CHECK(kDaemon.query(9999, FAMFS_MAP_LOOK, file) == -EBADF);
}

namespace {

class DeviceFile {
public:
  explicit DeviceFile(std::uint64_t magic) {
    char name[] = "/dev/shm/famfs-test.capi.XXXXXX";
    fd_ = mkstemp(name);
    path_ = name;
    REQUIRE(pwrite(fd_, &magic, sizeof magic, 0) == sizeof magic);
  }
  DeviceFile(const DeviceFile&) = delete;
  DeviceFile& operator=(const DeviceFile&) = delete;
  ~DeviceFile() {
    close(fd_);
    unlink(path_.c_str());
  }
  [[nodiscard]] DeviceRef ref() const {
    struct stat status{};
    REQUIRE(fstat(fd_, &status) == 0);
    DeviceRef device;
    std::strcpy(device.path, path_.c_str());
    device.alignment = 4096;
    device.dev = status.st_dev;
    device.ino = status.st_ino;
    return device;
  }

private:
  std::string path_;
  int fd_ = -1;
};

int opens(const DeviceRef& device) {
  const int fd = open_device(device, true);
  if (fd >= 0) {
    close(fd);
    return 0;
  }
  return fd;
}

} // namespace

TEST_CASE("a raw device that nobody holds is not opened, whatever lies on it", "[answer]") {
  const DeviceFile device(format::kSuperblockMagic);
  DeviceRef raw = device.ref();
  REQUIRE(opens(raw) == 0);
  raw.raw = true;
  CHECK(opens(raw) == -ENODEV);
}

TEST_CASE("only the device that was meant is opened", "[answer]") {
  const DeviceFile device(format::kSuperblockMagic);
  CHECK(opens(device.ref()) == 0);

  DeviceRef other = device.ref();
  other.ino += 1;
  CHECK(opens(other) == -ENODEV);

  DeviceRef gone = device.ref();
  std::strcat(gone.path, "-gone");
  CHECK(opens(gone) == -ENOENT);

  DeviceRef folder = device.ref();
  std::strcpy(folder.path, "/dev/shm");
  CHECK(opens(folder) == -ENODEV);
}

TEST_CASE("a file without a superblock is nobody's device", "[answer]") {
  const DeviceFile file(0x1234);
  CHECK(opens(file.ref()) == -ENODEV);
}

TEST_CASE("a character device that is not dax is not opened", "[answer]") {
  struct stat status{};
  REQUIRE(stat("/dev/zero", &status) == 0);
  DeviceRef zero;
  std::strcpy(zero.path, "/dev/zero");
  zero.alignment = 4096;
  zero.id = status.st_rdev;
  CHECK(opens(zero) == -ENODEV);
}
