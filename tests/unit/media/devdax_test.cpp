// devdax on a made-up machine: /dev/null's number stands for a dax device's, a list of ours for
// what libdaxctl and libndctl tell.
#include "catch.h"
#include "scratch.h"

#include "media/kinds.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

using namespace famfs;
using namespace famfs::media;

namespace {

namespace fs = std::filesystem;

// As kernels 6.1 to 7.3 lay it out.
class FakeSysfs {
public:
  FakeSysfs() {
    fs::create_directories(folder_ / "dev/char");
    fs::create_directories(folder_ / "bus/dax/drivers");
    fs::create_directories(device());
    fs::create_directory_symlink("../../devices/dax0.0", folder_ / "dev/char/1:3");
    fs::create_directory_symlink("../../bus/dax", device() + "/subsystem");
    listed.name = "dax0.0";
    listed.path = "/dev/dax0.0";
    listed.size = 534773760;
    listed.alignment = 2097152;
    listed.region = "region0";
  }
  void bind(const std::string& driver) const {
    fs::remove(device() + "/driver");
    fs::create_directories(folder_ / ("bus/dax/drivers/" + driver));
    fs::create_directory_symlink("../../bus/dax/drivers/" + driver, device() + "/driver");
  }
  [[nodiscard]] std::string device() const { return folder_ / "devices/dax0.0"; }
  [[nodiscard]] std::string root() const { return folder_ / "."; }
  [[nodiscard]] System system() const {
    return {.sysfs = root(),
            .dax_devices = [this] { return Result<std::vector<DaxDevice>>({listed}); },
            .namespace_of_block_device = [](std::string_view) { return std::nullopt; }};
  }
  [[nodiscard]] Result<DeviceInfo> look() const { return inspect_in(system(), "/dev/null"); }
  [[nodiscard]] Error refusal() const {
    const auto info = look();
    REQUIRE_FALSE(info);
    return info.error();
  }

  DaxDevice listed;

private:
  scratch::Folder folder_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a device in devdax mode has what the libraries tell") {
  FakeSysfs sysfs;
  sysfs.listed.bad = BadRanges{{.offset = 4096, .length = 512}};
  sysfs.bind("device_dax");
  const auto info = sysfs.look();
  REQUIRE(info);
  CHECK(info->kind == DeviceKind::devdax);
  CHECK(info->mode == DriverMode::device_dax);
  CHECK(info->size == 534773760);
  CHECK(info->alignment == 2097152);
  CHECK(info->path == "/dev/null");
  CHECK(info->id == DeviceId{.kind = DeviceKind::devdax, .dev = makedev(1, 3), .ino = 0});
  CHECK(info->id.text() == "dax-1:3");
  CHECK_FALSE(info->read_only);
  CHECK(info->bad == sysfs.listed.bad);
}

TEST_CASE("the driver link is believed, whatever the libraries take the mode for") {
  FakeSysfs sysfs;
  sysfs.bind("kmem");
  sysfs.listed.mode = DriverMode::device_dax;
  CHECK(sysfs.refusal().code == Errc::unsupported);
}

TEST_CASE("a region that may only be read makes its device so") {
  FakeSysfs sysfs;
  sysfs.bind("device_dax");
  sysfs.listed.nvdimm = NvdimmPlace{};
  sysfs.listed.nvdimm->read_only = true;
  const auto info = sysfs.look();
  REQUIRE(info);
  CHECK(info->read_only);
  CHECK(info->region == "region0");
}

TEST_CASE("two nodes of one devdax are one device") {
  const FakeSysfs sysfs;
  sysfs.bind("device_dax");
  const scratch::Folder folder;
  const std::string node = folder / "node";
  if (::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
    return; // needs CAP_MKNOD
  }
  const auto one = sysfs.look();
  const auto other = inspect_in(sysfs.system(), node);
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->id == other->id);
}

TEST_CASE("any other mode is refused with its name and the way out") {
  const FakeSysfs sysfs;
  SECTION("system-ram") {
    sysfs.bind("kmem");
    const Error error = sysfs.refusal();
    CHECK(error.code == Errc::unsupported);
    CHECK(contains(error.message, "system-ram"));
    CHECK(contains(error.message, "daxctl reconfigure-device -m devdax -f dax0.0"));
  }
  SECTION("unbound") {
    const Error error = sysfs.refusal();
    CHECK(error.code == Errc::unsupported);
    CHECK(contains(error.message, "no driver"));
    CHECK(contains(error.message, "daxctl reconfigure-device -m devdax -f dax0.0"));
  }
  SECTION("fsdev_dax") {
    sysfs.bind("fsdev_dax");
    const Error error = sysfs.refusal();
    CHECK(error.code == Errc::unsupported);
    CHECK(contains(error.message, "fsdev_dax mode"));
    CHECK(contains(error.message, "echo dax0.0 > device_dax/bind"));
  }
  SECTION("a driver nobody knows") {
    sysfs.bind("dax_of_tomorrow");
    const Error error = sysfs.refusal();
    CHECK(error.code == Errc::unsupported);
    CHECK(contains(error.message, "dax_of_tomorrow"));
  }
}

TEST_CASE("a devdax without memory, or being removed, is no device") {
  FakeSysfs sysfs;
  sysfs.bind("device_dax");
  SECTION("size 0") {
    sysfs.listed.size = 0;
  }
  SECTION("size gone") {
    sysfs.listed.size.reset();
  }
  SECTION("alignment gone") {
    sysfs.listed.alignment.reset();
  }
  SECTION("not listed") {
    sysfs.listed.name = "dax1.0";
  }
  SECTION("number gone") {
    fs::remove(sysfs.root() + "/dev/char/1:3");
  }
  CHECK(sysfs.refusal().code == Errc::no_device);
}

TEST_CASE("an alignment that cannot be is an error") {
  FakeSysfs sysfs;
  sysfs.bind("device_dax");
  sysfs.listed.alignment = 3;
  CHECK(sysfs.refusal().code == Errc::system);
}

TEST_CASE("the libraries' failure is passed on") {
  const FakeSysfs sysfs;
  sysfs.bind("device_dax");
  System system = sysfs.system();
  system.dax_devices = []() -> Result<std::vector<DaxDevice>> {
    return fail(Errc::no_memory, "out of memory");
  };
  const auto info = inspect_in(system, "/dev/null");
  REQUIRE_FALSE(info);
  CHECK(info.error().code == Errc::no_memory);
}

TEST_CASE("a character device of another kind is unsupported") {
  const FakeSysfs sysfs;
  sysfs.bind("device_dax");
  fs::remove(sysfs.device() + "/subsystem");
  fs::create_directory_symlink("../../class/mem", sysfs.device() + "/subsystem");
  CHECK(sysfs.refusal().code == Errc::unsupported);
}

TEST_CASE("without sysfs the message asks for it") {
  const scratch::Folder folder;
  const auto info = inspect_in(System{.sysfs = folder / "no-sysfs"}, "/dev/null");
  REQUIRE_FALSE(info);
  CHECK(info.error().code == Errc::system);
  CHECK(contains(info.error().message, "mount sysfs"));
}

TEST_CASE(
    "a block device is unsupported; that of a namespace comes with the command that changes it") {
  const scratch::Folder folder;
  const std::string node = folder / "pmem0";
  if (::mknod(node.c_str(), S_IFBLK | 0600, makedev(259, 7)) != 0) {
    return; // needs CAP_MKNOD
  }
  fs::create_directories(folder / "sys/dev/block");
  fs::create_directories(folder / "sys/devices/pmem0");
  fs::create_directory_symlink("../../devices/pmem0", folder / "sys/dev/block/259:7");
  System system{.sysfs = folder / "sys"};
  system.namespace_of_block_device = [](std::string_view) { return std::nullopt; };
  const auto plain = inspect_in(system, node);
  REQUIRE_FALSE(plain);
  CHECK(plain.error().code == Errc::unsupported);
  CHECK(contains(plain.error().message, "a block device"));

  system.namespace_of_block_device = [](std::string_view name) {
    return name == "pmem0" ? std::optional<std::string>("namespace1.0") : std::nullopt;
  };
  const auto pmem = inspect_in(system, node);
  REQUIRE_FALSE(pmem);
  CHECK(pmem.error().code == Errc::unsupported);
  CHECK(contains(pmem.error().message, "ndctl create-namespace -f -e namespace1.0 --mode=devdax"));
}

TEST_CASE("the machine's own dax devices can be listed, whatever there is and whoever asks") {
  const auto devices = dax_devices();
  REQUIRE(devices);
  for (const DaxDevice& device : *devices) {
    CHECK(device.path == "/dev/" + device.name);
  }
  CHECK_FALSE(namespace_of_block_device("no-such-device"));
}

TEST_CASE("modes have names") {
  CHECK(name(DriverMode::file) == "file");
  CHECK(name(DriverMode::device_dax) == "devdax");
  CHECK(name(DriverMode::fsdev_dax) == "fsdev_dax");
  CHECK(name(DriverMode::system_ram) == "system-ram");
  CHECK(name(DriverMode::unbound) == "unbound");
  CHECK(name(DriverMode::other) == "other");
}
