#include "catch.h"
#include "scratch.h"

#include "media/device.h"

#include <csignal>
#include <string>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

using namespace famfs;
using namespace famfs::media;

namespace {

constexpr std::uint64_t kSize = 1 << 20;

Error refusal(const std::string& path) {
  const auto info = inspect(path);
  REQUIRE_FALSE(info);
  CHECK(info.error().message.find('\n') == std::string::npos);
  return info.error();
}

} // namespace

TEST_CASE("a regular file is a device with the file's size") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize + 5);
  const auto info = inspect(path);
  REQUIRE(info);
  CHECK(info->path == path);
  CHECK(info->kind == DeviceKind::regular);
  CHECK(info->mode == DriverMode::file);
  CHECK(info->size == kSize + 5);
  CHECK(info->alignment == static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_CASE("every path to a file leads to one identity and the canonical path") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  std::filesystem::create_symlink(path, folder / "link");
  std::filesystem::create_symlink("link", folder / "link-to-link");
  std::filesystem::create_hard_link(path, folder / "hard");
  const auto direct = inspect(path);
  REQUIRE(direct);
  for (const std::string& other :
       {folder / "link", folder / "link-to-link", folder / "../" + path.substr(9)}) {
    const auto info = inspect(other);
    CAPTURE(other);
    REQUIRE(info);
    CHECK(info->id == direct->id);
    CHECK(info->path == path);
  }
  const auto hard = inspect(folder / "hard");
  REQUIRE(hard);
  CHECK(hard->id == direct->id);
  const auto another = inspect(folder.file("another", kSize));
  REQUIRE(another);
  CHECK(another->id != direct->id);
  CHECK(another->id.text() != direct->id.text());
}

TEST_CASE("an identity's text is fit for a file name") {
  CHECK(DeviceId{.kind = DeviceKind::devdax, .dev = makedev(252, 3), .ino = 0}.text() ==
        "dax-252:3");
  CHECK(DeviceId{.kind = DeviceKind::regular, .dev = makedev(0, 28), .ino = 1234}.text() ==
        "file-0:28-1234");
}

TEST_CASE("what is missing or empty is no device") {
  const scratch::Folder folder;
  CHECK(refusal(folder / "nothing").code == Errc::no_device);
  CHECK(refusal("").code == Errc::no_device);
  CHECK(refusal(folder.file("file", kSize) + "/below").code == Errc::no_device);
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  CHECK(refusal(folder / "dangling").code == Errc::no_device);
  const Error empty = refusal(folder.file("empty", 0));
  CHECK(empty.code == Errc::no_device);
  CHECK(empty.message.find("size 0") != std::string::npos);
}

TEST_CASE("a loop of links is an error of its own") {
  const scratch::Folder folder;
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK_FALSE(inspect(folder / "loop"));
}

TEST_CASE(
    "directories, pipes, sockets and other character devices are unsupported, without waiting") {
  const scratch::Folder folder;
  CHECK(refusal(folder / ".").code == Errc::unsupported);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(refusal(folder / "pipe").code == Errc::unsupported);
  CHECK(Device::open(folder / "pipe", Access::read_only).error().code == Errc::unsupported);
  CHECK(refusal("/dev/null").code == Errc::unsupported);
  CHECK(Device::open("/dev/zero", Access::read_write).error().code == Errc::unsupported);

  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = folder / "socket";
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(refusal(name).code == Errc::unsupported);
}

TEST_CASE("messages keep to one line when the path does not") {
  const scratch::Folder folder;
  const Error error = refusal(folder / "two\nlines");
  CHECK(error.message.find("two\\nlines") != std::string::npos);
}

TEST_CASE("a device is opened for what was asked") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  const auto reader = Device::open(path, Access::read_only);
  REQUIRE(reader);
  CHECK(reader->access() == Access::read_only);
  CHECK((::fcntl(reader->fd(), F_GETFL) & O_ACCMODE) == O_RDONLY);
  CHECK((::fcntl(reader->fd(), F_GETFD) & FD_CLOEXEC) != 0);
  const auto writer = Device::open(path, Access::read_write);
  REQUIRE(writer);
  CHECK((::fcntl(writer->fd(), F_GETFL) & O_ACCMODE) == O_RDWR);
  CHECK(writer->info().id == reader->info().id);
}

TEST_CASE("a write-protected file opens for reading only") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  CHECK(Device::open(path, Access::read_only));
  if (::geteuid() == 0) {
    return; // root may open it anyway
  }
  const auto refused = Device::open(path, Access::read_write);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::access_denied);
  CHECK(refused.error().message.find(path) != std::string::npos);
}

TEST_CASE("a stand-in is made sparse, whole and private, and never over something") {
  const scratch::Folder folder;
  const std::string path = folder / "made";
  REQUIRE(make_stand_in(path, 1ULL << 34));
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_size == 1LL << 34);
  CHECK(status.st_blocks == 0);
  CHECK((status.st_mode & 07777) == 0600);

  const auto again = make_stand_in(path, kSize);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Errc::exists);
  std::filesystem::create_symlink("elsewhere", folder / "link");
  CHECK(make_stand_in(folder / "link", kSize).error().code == Errc::exists);
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("a stand-in that cannot have its size is not left behind") {
  const scratch::Folder folder;
  CHECK(make_stand_in(folder / "zero", 0).error().code == Errc::invalid);
  CHECK(make_stand_in(folder / "wide", ~std::uint64_t{0}).error().code == Errc::too_big);
  CHECK(make_stand_in(folder / "no/where", kSize).error().code == Errc::not_found);
  CHECK_FALSE(std::filesystem::exists(folder / "zero"));
  CHECK_FALSE(std::filesystem::exists(folder / "wide"));
}

TEST_CASE("a stand-in past the process's limit is not left behind") {
  const scratch::Folder folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = kSize, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto made = make_stand_in(folder / "large", 2 * kSize);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::too_big);
  CHECK_FALSE(std::filesystem::exists(folder / "large"));
}
