// Images that others wrote: the public famfs tools' (tests/golden), and those of
// tests/support/omf.py, good and hostile.
#include "support.h"

#include "media/device.h"
#include "volume/check.h"

#include "catch.h"
#include "hex.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

using namespace famfs;
using namespace famfs::testing;

namespace fs = std::filesystem;

namespace {

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
  [[nodiscard]] const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

void run(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

void collect(Volume& volume, NodeId directory, const std::string& prefix,
             std::set<std::string>& paths) {
  std::vector<std::pair<NodeId, std::string>> below;
  REQUIRE(volume.list(directory, 0, [&](const tree::Child& child, const volume::Attributes& a) {
    const auto path = prefix + std::string(child.name);
    paths.insert(path);
    if (a.kind == tree::Kind::directory) {
      below.emplace_back(child.id, path + "/");
    }
    return true;
  }));
  for (const auto& [id, path] : below) {
    collect(volume, id, path, paths);
  }
}

std::set<std::string> all_paths(Volume& volume) {
  std::set<std::string> paths;
  collect(volume, tree::kRoot, "", paths);
  return paths;
}

std::unique_ptr<media::Memory> map(const fs::path& path) {
  auto device = media::Device::open(path.string(), media::Access::read_write);
  REQUIRE(device);
  auto memory = device->map();
  REQUIRE(memory);
  return std::move(*memory);
}

std::unique_ptr<media::Memory> golden(const Folder& folder, const std::string& name) {
  const auto image = folder.path() / name;
  run("xz -dc '" FAMFS_TEST_DATA "/golden/" + name + "8g.head.img.xz' > '" + image.string() + "'");
  fs::resize_file(image, 8 * GiB);
  return map(image);
}

} // namespace

TEST_CASE("the golden image holds what the public famfs put there") {
  const Folder folder;
  const auto memory = golden(folder, "basic");
  Faults faults;
  const auto report = volume::check(*memory, faults);
  REQUIRE(report);
  CHECK(report->faults == 0);
  CHECK(report->directories == 4);
  CHECK(report->files == 7);
  CHECK(report->interleaved_files == 2);
  auto volume = *Volume::open(*memory, {}, faults);
  CHECK(faults.all.empty());
  CHECK(all_paths(*volume) == std::set<std::string>{"d1", "a", "a/b", "a/b/c", "seed42_8m",
                                                    "seed1_4096", "a/b/c/seed7_3000001",
                                                    "d1/passwd", "unseeded_100m", "il_3of8_64m",
                                                    "il_7of8_33m_c4m"});
  const auto d1 = *volume->lookup(tree::kRoot, "d1");
  CHECK(d1.mode == 0755);
  CHECK(d1.uid == 0);
  CHECK(volume->lookup(d1.id, "passwd")->size == 1221);
  const auto a = *volume->lookup(tree::kRoot, "a");
  const auto b = *volume->lookup(a.id, "b");
  const auto c = *volume->lookup(b.id, "c");
  CHECK(c.mode == 0700);
  CHECK(c.uid == 1000);
  CHECK(c.gid == 1001);
  const auto seed7 = *volume->lookup(c.id, "seed7_3000001");
  CHECK(seed7.size == 3'000'001);
  CHECK(seed7.mode == 0600);
  const auto striped = *volume->map(volume->lookup(tree::kRoot, "il_7of8_33m_c4m")->id, false);
  CHECK(striped.map.kind == format::MapKind::interleaved);
  CHECK(striped.map.chunk == 4 * MiB);
  CHECK(striped.map.extents.size() == 7);
}

TEST_CASE("a master goes on in a file system that the public famfs made") {
  const Folder folder;
  const auto memory = golden(folder, "basic");
  Faults faults;
  {
    auto volume = *Volume::open(*memory, {.role = Role::master}, faults);
    const auto id = volume->create(tree::kRoot, "ours", {.uid = 5, .gid = 6}, 0640)->id;
    TextSource source("our bytes");
    REQUIRE(volume->write(id, 0, 9, source));
    REQUIRE(volume->close(id));
  }
  auto volume = *Volume::open(*memory, {}, faults);
  CHECK(volume->lookup(tree::kRoot, "ours")->size == 9);
  CHECK(volume::check(*memory, faults)->faults == 0);
  CHECK(faults.all.empty());
}

TEST_CASE("traps: each is named, nothing else is lost, nothing escapes; the good ones are good") {
  const Folder folder;
  run(FAMFS_PYTHON " '" FAMFS_TEST_DATA "/support/omf.py' traps '" + folder.path().string() + "'");
  const auto manifest = nlohmann::json::parse(std::ifstream(folder.path() / "traps.json"));
  REQUIRE(manifest.size() > 100);
  for (const auto& [name, trap] : manifest.items()) {
    CAPTURE(name);
    const auto memory = map(folder.path() / name);
    Faults faults;
    const auto report = volume::check(*memory, faults);
    REQUIRE(report);
    CHECK(report->faults == faults.all.size());
    CHECK(volume::dump(*memory));
    if (trap["fault"].is_null()) {
      CHECK(faults.all.empty());
    } else {
      REQUIRE(faults.all.size() == 1);
      CHECK(format::name(faults.all[0].kind) == trap["fault"].get<std::string>());
    }
    const bool usable = trap["reach"].is_null() || trap["reach"] != "volume";
    CHECK(report->usable == usable);
    Faults mount_faults;
    auto volume = Volume::open(*memory, {.role = Role::master}, mount_faults);
    REQUIRE(volume.has_value() == usable);
    if (!usable) {
      CHECK(volume.error().code ==
            (trap["fault"] == "superblock-magic" ? Errc::not_famfs : Errc::corrupt));
      continue;
    }
    std::set<std::string> wanted;
    for (const auto& path : trap["paths_hex"]) {
      wanted.insert(from_hex(path.get<std::string>()));
    }
    CHECK(all_paths(**volume) == wanted);
    // It can be gone on with, unless what follows the fault might be overwritten.
    const auto made = (*volume)->make_directory(tree::kRoot, "new", {}, 0755);
    CHECK(made.has_value() == (trap["reach"] != "log-tail"));
  }
}
