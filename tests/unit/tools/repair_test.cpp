// fsck --repair and salvage as people call them: exit codes, who may, what is changed, what gets
// out.
#include "support.h"

#include "base/fd.h"
#include "open_device.h"
#include "salvager.h"

#include "catch.h"
#include "hex.h"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;
using famfs::testing::from_hex;

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSeqnum = format::kLogOffset + format::kNextSeqnumOffset;
constexpr char kSystem[] = "11111111-2222-4333-8444-555555555555"; // of the images

// The images, and a host whose system UUID is theirs.
nlohmann::json images_of_this_host(const Tools& tools) {
  spill(tools.scratch.path("uuid"), kSystem);
  return make_images(tools.scratch);
}

void patch(const std::string& device, std::uint64_t at, const std::string& bytes) {
  std::fstream file(device, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file << bytes;
  REQUIRE(file.good());
}

// Superblock and the first entries: where a repair may store.
std::string head(const std::string& device) {
  std::string bytes(3 << 20, '?');
  std::ifstream(device, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// As an append leaves it that was cut short.
std::string cut_short(Tools& tools) {
  const std::string device = tools.file_system();
  patch(device, kSeqnum, std::string(1, '\1'));
  return device;
}

// Of the image "good", into a folder that is there.
Salvaged salvage_good(const Tools& tools, const std::string& to, const SalvageCalls& calls) {
  const auto device =
      media::Device::open(tools.scratch.path("images/good"), media::Access::read_only);
  REQUIRE(device);
  const auto memory = device->map();
  REQUIRE(memory);
  const auto found = volume::survey(**memory);
  REQUIRE(found);
  auto saved =
      salvage(**memory, {}, *found, UniqueFd(open(to.c_str(), O_RDONLY | O_DIRECTORY)), calls);
  REQUIRE(saved);
  return std::move(*saved);
}

// What each image's faults come to. All others are left.
const std::set<std::string> kMendable{
    "counters-apart", "device-size-0",     "device-size-2-60", "device-size-below-log",
    "entry-zeros",    "flags-0",           "flags-3",          "good-mid-append",
    "header-crc",     "header-last-index", "mkdir-setuid",     "mode-setuid",
    "mode-type-bits", "superblock-flags"};

} // namespace

TEST_CASE("fsck --repair: 0 clean, 1 mended, then 0; -n changes nothing and says 4") {
  Tools tools;
  const std::string device = cut_short(tools);
  const auto before = head(device);
  const Run shown = tools(run_fsck_famfs, {"--repair", "-n", device});
  CHECK(shown.exit == 4);
  CHECK(shown.out.find("would mend: log header at 0x200000: next sequence number 1 becomes 0 "
                       "(header-counters)\n") != std::string::npos);
  CHECK((head(device) == before));
  const Run done = tools(run_fsck_famfs, {"--repair", device});
  CHECK(done.exit == 1);
  CHECK(done.out.find("mended: log header") == 0);
  CHECK((head(device) != before));
  const Run again = tools(run_fsck, {"--repair", device});
  CHECK(again.exit == 0);
  CHECK(again.out.find("mended") == std::string::npos);
}

TEST_CASE("fsck(8)'s -a, -p and -y repair; -n alone, and no option, do not") {
  for (const char* option : {"-a", "-p", "-y"}) {
    Tools tools;
    const std::string device = cut_short(tools);
    const auto before = head(device);
    CHECK(tools(run_fsck_famfs, {"-n", device}).exit == 0);
    CHECK(tools(run_fsck_famfs, {device}).exit == 0);
    CHECK(tools(run_fsck_famfs, {"-n", option, device}).exit == 16);
    CHECK((head(device) == before));
    CHECK(tools(run_fsck, {option, device}).exit == 2); // fsck(8) calls the other name
    CHECK(tools(run_fsck_famfs, {option, device}).exit == 1);
    CHECK(tools(run_fsck_famfs, {option, device}).exit == 0);
  }
}

TEST_CASE("A repair never touches what somebody claims, were it only to look") {
  Tools tools;
  const std::string device = cut_short(tools);
  const auto before = head(device);
  std::ostringstream sink;
  const Context other{.out = sink,
                      .err = sink,
                      .interrupted = tools.interrupted,
                      .program_directory = {},
                      .holders = {.directory = tools.scratch.path("holders"), .directory_uid = -1},
                      .replace_process = {}};
  for (const auto mode : {holder::ClaimMode::observe, holder::ClaimMode::hold}) {
    const auto held = open_device(other, "test", device, media::Access::read_only, mode);
    REQUIRE(held);
    const Run run = tools(run_fsck_famfs, {"--repair", device});
    CHECK(run.exit == 16);
    CHECK(one_line(run.err));
    CHECK((head(device) == before));
  }
  CHECK(tools(run_fsck_famfs, {"--repair", device}).exit == 1);
}

TEST_CASE("A client does not repair, and may look") {
  Tools tools;
  const std::string device = cut_short(tools);
  const auto before = head(device);
  const std::string uuid = slurp(tools.scratch.path("uuid"));
  fs::remove(tools.scratch.path("uuid"));
  SECTION("another's") {
    spill(tools.scratch.path("uuid"), kSystem);
  }
  SECTION("none") {}
  const Run run = tools(run_fsck_famfs, {"--repair", device});
  CHECK(run.exit == 8);
  CHECK(one_line(run.err));
  CHECK((head(device) == before));
  CHECK(tools(run_fsck_famfs, {"--repair", "-n", device}).exit == 4);
  spill(tools.scratch.path("famfs.yaml"), "system_uuid: " + uuid.substr(0, 36) + "\n");
  CHECK(tools(run_fsck_famfs, {"--repair", device}).exit == 1);
}

TEST_CASE("Hostile images: what is mended, that it is for good, and that the rest is not touched") {
  Tools tools;
  const auto manifest = images_of_this_host(tools);
  for (const auto& [name, expected] : manifest.items()) {
    CAPTURE(name);
    const std::string device = tools.scratch.path("images/" + name);
    const auto before = head(device);
    const bool mendable = kMendable.contains(name);
    const Run shown = tools(run_fsck_famfs, {"--repair", "-n", device});
    CHECK(shown.exit == (mendable || !expected["fault"].is_null() ? 4 : 0));
    CHECK((head(device) == before));
    const Run run = tools(run_fsck_famfs, {"--repair", "--json", device});
    CHECK(run.exit == (mendable ? 1 : shown.exit));
    CHECK((head(device) == before) == !mendable);
    const auto told = nlohmann::json::parse(run.out);
    CHECK(told["clean"] == (run.exit < 4));
    CHECK(told["repair"]["mends"].empty() == !mendable);
    const Run again = tools(run_fsck_famfs, {"--repair", device});
    CHECK(again.exit == (mendable ? 0 : run.exit));
    if (expected["reach"] == "log-tail" && !mendable) {
      CHECK(again.out.find("lost: log entry 2, \"bad\": ") != std::string::npos);
      CHECK(again.out.find("famfs salvage ") != std::string::npos);
    }
  }
}

TEST_CASE("Mended and left at once: 5") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string device = tools.scratch.path("images/path-dotdot");
  patch(device, kSeqnum + 4, "\1");
  CHECK(tools(run_fsck_famfs, {"--repair", device}).exit == 5);
  CHECK(tools(run_fsck_famfs, {"--repair", device}).exit == 4);
}

TEST_CASE("Hostile images: salvage gets all files out, and writes nowhere else") {
  Tools tools;
  const auto manifest = images_of_this_host(tools);
  fs::create_directory(tools.scratch.path("cage"));
  for (const auto& [name, expected] : manifest.items()) {
    CAPTURE(name);
    const std::string device = tools.scratch.path("images/" + name);
    const std::string to = tools.scratch.path("cage/out");
    const auto before = head(device);
    const Run run = tools(run_salvage, {"--json", device, to});
    CHECK((head(device) == before));
    if (name == "log-len-1t") { // superblock and header agree on what cannot be
      CHECK(run.exit == 1);
      CHECK_FALSE(fs::exists(to));
      continue;
    }
    const auto told = nlohmann::json::parse(run.out);
    CHECK(run.exit == (told["lost"].empty() ? 0 : 1));
    std::set<std::string> wanted{"before", "before/file"};
    for (const auto& path : expected["paths_hex"]) {
      wanted.insert(from_hex(path.get<std::string>()));
    }
    const auto got = tree_below(to);
    CHECK(std::ranges::includes(got, wanted));
    CHECK(slurp(to + "/before/file").substr(0, 12) == "beforebefore");
    if (expected["reach"] == "log-tail" && name != "entry-zeros") {
      CHECK(got.contains("after"));
      CHECK(told["lost"].size() == 1);
      CHECK(told["lost"][0]["path"] == "bad");
    }
    CHECK(std::distance(fs::directory_iterator(tools.scratch.path("cage")), {}) == 1);
    fs::remove_all(to);
  }
}

TEST_CASE("Salvage: modes without special bits, directories that let nobody in, parents made up") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string to = tools.scratch.path("out");
  CHECK(tools(run_salvage, {tools.scratch.path("images/mode-setuid"), to}).exit == 0);
  CHECK((fs::status(to + "/bad").permissions() & fs::perms::mask) == fs::perms(0755));
  CHECK((fs::status(to + "/before/file").permissions() & fs::perms::mask) == fs::perms(0644));
  const std::string below = tools.scratch.path("below");
  CHECK(tools(run_salvage, {tools.scratch.path("images/path-missing-parent"), below}).exit == 0);
  CHECK(fs::exists(below + "/missing/x"));
  CHECK((fs::status(below + "/missing").permissions() & fs::perms::mask) == fs::perms(0700));
}

TEST_CASE("Salvage: only into a new or empty directory, and only what is a device") {
  Tools tools;
  const std::string device = tools.file_system();
  const std::string to = tools.scratch.path("out");
  CHECK(tools(run_salvage, {device, to}).exit == 0);
  CHECK(tools(run_salvage, {device, to}).exit == 0);
  spill(to + "/mine", "");
  const Run full = tools(run_salvage, {device, to});
  CHECK(full.exit == 1);
  CHECK(one_line(full.err));
  CHECK(tools(run_salvage, {device, tools.scratch.path("no/such")}).exit == 1);
  CHECK(tools(run_salvage, {tools.scratch.path("none"), tools.scratch.path("new")}).exit == 1);
  const std::string blank = tools.scratch.device("blank", 64 << 20);
  const Run nothing = tools(run_salvage, {blank, tools.scratch.path("new")});
  CHECK(nothing.exit == 1);
  CHECK(nothing.err.find("neither superblock") != std::string::npos);
  CHECK_FALSE(fs::exists(tools.scratch.path("new")));
  CHECK(tools(run_salvage, {device}).exit == 2);
}

TEST_CASE("Salvage follows no link that somebody puts in its way, and writes over nothing") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string to = tools.scratch.path("out");
  const std::string outside = tools.scratch.path("outside");
  fs::create_directory(to);
  fs::create_directory(outside);
  SECTION("a directory") {
    fs::create_symlink(outside, to + "/before");
  }
  SECTION("a way out and in again") {
    fs::create_symlink("../out/../outside", to + "/before");
  }
  SECTION("a file") {
    fs::create_directory(to + "/before");
    fs::create_symlink(outside + "/file", to + "/before/file");
  }
  SECTION("a file of that name") {
    fs::create_directory(to + "/before");
    spill(to + "/before/file", "mine");
  }
  unsigned failed = 0;
  const auto saved = salvage_good(
      tools, to, {.go_on = [](auto) { return true; }, .failed = [&](const Error&) { ++failed; }});
  CHECK(saved.failed == failed);
  CHECK(failed > 0);
  CHECK(saved.files == 0);
  CHECK(fs::is_empty(outside));
  if (fs::is_regular_file(fs::symlink_status(to + "/before/file"))) {
    CHECK(slurp(to + "/before/file") == "mine");
  }
}

TEST_CASE("Salvage follows no link that takes the place of a directory it made") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string to = tools.scratch.path("out");
  const std::string outside = tools.scratch.path("outside");
  fs::create_directory(to);
  fs::create_directory(outside);
  const auto swap = [&](auto) {
    if (fs::is_directory(fs::symlink_status(to + "/before"))) {
      fs::remove(to + "/before");
      fs::create_symlink(outside, to + "/before");
    }
    return true;
  };
  const auto mode = fs::status(outside).permissions();
  const auto saved = salvage_good(tools, to, {.go_on = swap, .failed = [](const Error&) {}});
  CHECK(saved.failed == 2); // the file, and the mode of the directory
  CHECK(fs::is_empty(outside));
  CHECK(fs::status(outside).permissions() == mode);
}

TEST_CASE("Salvage: bad memory is zeroes, and named; what it holds besides is there") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string device = tools.scratch.path("images/good");
  tools.bad = {{10 << 20, 256}}; // the head of before/file
  const Run run = tools(run_salvage, {device, tools.scratch.path("out")});
  CHECK(run.exit == 1);
  CHECK(run.out.find("damaged: \"before/file\": 600 bytes at offset 0 cannot be read") !=
        std::string::npos);
  CHECK(slurp(tools.scratch.path("out/before/file")) == std::string(600, '\0'));
  tools.bad = {{format::entry_offset(1), 8}};
  const auto told =
      nlohmann::json::parse(tools(run_salvage, {"--json", device, tools.scratch.path("two")}).out);
  CHECK(told["lost"][0]["entry"] == 1);
  CHECK(told["lost"][0]["path"].is_null());
}

TEST_CASE("Salvage: memory that no list knew to be bad: its SIGBUS is zeroes, and named") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string to = tools.scratch.path("out");
  fs::create_directory(to);
  const auto lose_it = [&](auto) { // all data, when the survey is done
    fs::resize_file(tools.scratch.path("images/good"), 10 << 20);
    return true;
  };
  const auto saved = salvage_good(tools, to, {.go_on = lose_it, .failed = [](const Error&) {}});
  CHECK(saved.files == 1);
  REQUIRE(saved.damaged.size() == 1);
  CHECK(saved.damaged[0].path == "before/file");
  CHECK(saved.damaged[0].bad == media::BadRanges{{0, 600}});
  CHECK(slurp(to + "/before/file") == std::string(600, '\0'));
}

TEST_CASE("Salvage: an interrupt leaves whole files alone, and says how many") {
  Tools tools;
  (void)images_of_this_host(tools);
  const std::string device = cut_short(tools);
  const auto before = head(device);
  tools.interrupted = true;
  const Run run =
      tools(run_salvage, {tools.scratch.path("images/good"), tools.scratch.path("out")});
  CHECK(run.exit == 1);
  CHECK(run.err.find("interrupted") != std::string::npos);
  CHECK(tools(run_fsck_famfs, {"--repair", device}).exit == 8);
  CHECK((head(device) == before));
}
