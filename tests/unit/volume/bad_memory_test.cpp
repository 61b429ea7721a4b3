// Memory known to be bad at the open, and memory that fails while it is open.
#include "support.h"

#include "catch.h"
#include "volume/check.h"

using namespace famfs;
using namespace famfs::testing;

namespace {

constexpr std::uint64_t kData = 10 * MiB; // where it begins
constexpr std::uint64_t kPage = 4096;

Result<std::unique_ptr<Volume>> open_with(Rig& rig, const media::BadRanges& bad,
                                          Role role = Role::master) {
  rig.volume.reset();
  volume::OpenOptions options;
  options.role = role;
  options.bad = bad;
  return Volume::open(rig.memory, options, rig.faults);
}

void reopen_with(Rig& rig, const media::BadRanges& bad) {
  auto opened = open_with(rig, bad);
  REQUIRE(opened);
  rig.volume = std::move(*opened);
}

bool in(const Volume::MapView& view, std::uint64_t offset) {
  return volume::touches(view.map, offset, 1);
}

} // namespace

TEST_CASE("bad memory known at the open is never handed out") {
  Rig rig;
  reopen_with(rig, {{kData + kUnit + 512, 512}, {kData + 5 * kUnit, 3 * kUnit}});
  CHECK(rig.volume->usage().bad_bytes == 4 * kUnit);
  CHECK(rig.volume->usage().free_bytes == rig.volume->usage().data_bytes - 4 * kUnit);
  for (int i = 0;; ++i) {
    const auto id = rig.create("f" + std::to_string(i));
    if (auto written = rig.try_write(id, 0, "x"); !written) {
      CHECK(written.error().code == Errc::no_space);
      CHECK(i == 23);
      break;
    }
    const auto view = rig.volume->map(id, false);
    REQUIRE(view);
    CHECK_FALSE(in(*view, kData + kUnit));
    for (std::uint64_t unit = 5; unit < 8; ++unit) {
      CHECK_FALSE(in(*view, kData + unit * kUnit));
    }
  }
}

TEST_CASE("bad memory under a file: EIO there, the rest of it and every other file go on") {
  Rig rig;
  const std::string text = text_of(3 * kPage);
  rig.committed("bad", text);
  rig.committed("good", text);
  const auto at = rig.volume->map(rig.lookup("bad"), false)->map.extents[0].offset;
  const media::BadRange range{at + kPage + 512, 512};
  SECTION("known at the open") {
    reopen_with(rig, {range});
  }
  SECTION("failed since") {
    rig.volume->withdraw(range);
  }
  const NodeId bad = rig.lookup("bad");
  std::vector<std::byte> bytes(3 * kPage);
  CHECK(code_of(rig.volume->read(bad, 0, bytes)) == Errc::io);
  CHECK(code_of(rig.volume->read(bad, kPage, MutableBytes(bytes).first(kPage))) == Errc::io);
  CHECK(rig.volume->read(bad, 0, MutableBytes(bytes).first(kPage)) == kPage);
  CHECK(rig.volume->read(bad, 2 * kPage, MutableBytes(bytes).first(kPage)) == kPage);
  CHECK(code_of(rig.volume->segments(bad, 0, 2 * kPage, [](const auto&) { return true; })) ==
        Errc::io);
  CHECK(rig.volume->segments(bad, 0, kPage, [](const auto&) { return true; }) == kPage);
  CHECK(code_of(rig.try_write(bad, kPage, text.substr(0, kPage))) == Errc::io);
  CHECK(rig.try_write(bad, 0, "y") == 1U);
  CHECK(rig.read(rig.lookup("good")) == text);

  CHECK(rig.volume->file_in(range) == "bad");
  CHECK_FALSE(rig.volume->file_in({at + 20 * kUnit, 1}));
  const auto places = rig.volume->bad_places();
  REQUIRE(places.size() == 1);
  CHECK(places[0].range == range);
  CHECK(places[0].where == volume::BadWhere::file);
  CHECK(places[0].file == "bad");
}

TEST_CASE("memory that fails under a pending file does not come back when it goes") {
  Rig rig;
  const auto before = rig.free_bytes();
  const auto id = rig.create("f");
  rig.write(id, 0, "x");
  const auto at = rig.volume->map(id, false)->map.extents[0].offset;
  rig.volume->withdraw({at, 1});
  CHECK(rig.volume->file_in({at, 1}) == "f");
  CHECK(code_of(rig.try_write(id, 0, "y")) == Errc::io);
  REQUIRE(rig.volume->remove(tree::kRoot, "f"));
  CHECK(rig.free_bytes() == before - kUnit);
}

TEST_CASE("a superblock in bad memory is refused to all, a log to those who would append") {
  Rig rig;
  rig.committed("f", "text");
  CHECK(code_of(open_with(rig, {{0, 64}})) == Errc::io);
  CHECK(code_of(open_with(rig, {{0, 64}}, Role::client)) == Errc::io);
  const media::BadRanges log_end{{10 * MiB - 64, 64}};
  const auto refused = open_with(rig, log_end);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::io);
  CHECK(refused.error().message.find("-o ro") != std::string::npos);
  auto client = open_with(rig, log_end, Role::client);
  REQUIRE(client);
  rig.volume = std::move(*client);
  CHECK(rig.read(rig.lookup("f")) == "text");
  CHECK(open_with(rig, {{4096, 4096}})); // nothing lies there
}

TEST_CASE("a log that fails while mounted takes no more entries") {
  Rig rig;
  rig.committed("before", "text");
  rig.volume->withdraw({4 * MiB, 64});
  CHECK(code_of(rig.volume->create(tree::kRoot, "after", {}, 0644)) == Errc::io);
  CHECK(code_of(rig.volume->make_directory(tree::kRoot, "d", {}, 0755)) == Errc::io);
  CHECK(rig.read(rig.lookup("before")) == "text");
}

TEST_CASE("mkfs refuses bad memory under superblock and log, with nothing changed") {
  RecordingMemory memory(64 * MiB);
  for (const media::BadRange& range :
       {media::BadRange{0, 1}, media::BadRange{199, 100}, media::BadRange{2 * MiB, 1},
        media::BadRange{10 * MiB - 1, 1}}) {
    volume::MakeOptions options;
    options.log_length = 8 * MiB;
    options.bad = {range};
    CHECK(code_of(volume::make(memory, options)) == Errc::io);
  }
  CHECK(volume::has_file_system(memory) == false);
  volume::MakeOptions options;
  options.log_length = 8 * MiB;
  options.bad = {{4096, 4096}, {10 * MiB, 1}};
  CHECK(volume::make(memory, options));
}

TEST_CASE("check names what lies in bad memory, and counts what harms") {
  Rig rig;
  rig.directory("d");
  const auto id = rig.committed("f", text_of(kPage));
  const auto at = rig.volume->map(id, false)->map.extents[0].offset;
  const media::BadRanges bad{{4096, 512}, {10 * MiB - 512, 512}, {at, 512}, {40 * MiB, 512}};
  const auto report = volume::check(rig.memory, rig.faults, {}, bad);
  REQUIRE(report);
  using enum volume::BadWhere;
  std::vector<volume::BadWhere> where;
  for (const auto& place : report->bad) {
    where.push_back(place.where);
  }
  CHECK(where == std::vector{unused, log, file, free_space});
  CHECK(report->bad[2].file == "f");
  CHECK(report->bad[2].text().find("in file \"f\"") != std::string::npos);
  CHECK(report->faults == 2);
  CHECK(volume::check(rig.memory, rig.faults, {}, {{40 * MiB, 512}})->faults == 0);

  // Not read, which is what it is about: the memory is good.
  const auto unread = volume::check(rig.memory, rig.faults, {}, {{0, 512}});
  REQUIRE(unread);
  CHECK_FALSE(unread->usable);
  CHECK(unread->faults == 1);
  CHECK(unread->bad.at(0).where == volume::BadWhere::superblock);
}

TEST_CASE("one stretch of bad memory under two files names both") {
  Rig rig;
  const auto one = rig.committed("one", "text");
  rig.committed("two", "text");
  const auto at = rig.volume->map(one, false)->map.extents[0].offset;
  rig.volume->withdraw({at + kUnit - 1, 2});
  const auto places = rig.volume->bad_places();
  REQUIRE(places.size() == 2);
  CHECK(places[0].file == "one");
  CHECK(places[1].file == "two");
}
