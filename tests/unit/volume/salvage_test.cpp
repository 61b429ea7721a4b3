// What can be told of files where a mount would be refused, and read of them.
#include "damage.h"
#include "support.h"

#include "volume/salvage.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("a survey finds files below a directory whose entry is lost") {
  Rig rig;
  const NodeId d = rig.directory("d");
  const NodeId f = rig.create("f", d);
  rig.write(f, 0, "below");
  rig.commit(f);
  flip(rig, format::entry_offset(0) + 28);
  const auto found = volume::survey(rig.memory);
  REQUIRE(found);
  const auto& tree = found->contents->tree;
  REQUIRE(tree.find_path("d/f"));
  const auto made_up = tree.info(*tree.find_path("d"));
  CHECK(made_up->entry == volume::kNoEntry);
  CHECK(made_up->mode == 0700);
  CHECK(found->file_bytes == 5);
}

TEST_CASE("a survey goes by what there is: header, superblock, or neither") {
  Rig rig;
  fill(rig);
  SECTION("no superblock") {
    set_word(rig, 0, 0);
    const auto found = volume::survey(rig.memory);
    REQUIRE(found);
    CHECK_FALSE(found->superblock_used);
    CHECK(found->header_used);
    CHECK(found->contents->tree.files() == 1);
  }
  SECTION("no header: every slot, and no word of those that are empty") {
    set_word(rig, format::kLogOffset, 0);
    set_word(rig, kIndex, 77);
    const auto found = volume::survey(rig.memory);
    REQUIRE(found);
    CHECK_FALSE(found->header_used);
    CHECK(found->lost.empty());
    CHECK(found->contents->tree.directories() == 3);
  }
  SECTION("neither") {
    set_word(rig, 0, 0);
    set_word(rig, format::kLogOffset, 0);
    CHECK(code_of(volume::survey(rig.memory)) == Errc::corrupt);
  }
}

TEST_CASE("a file is read around what cannot be") {
  Rig rig;
  const std::string text = text_of(20000);
  const NodeId id = rig.committed("f", text);
  const auto map = rig.volume->map(id, false)->map;
  const std::uint64_t at = map.extents[0].offset;
  rig.memory.fail_at(at + 5000, 1);
  std::string got(15000, '?');
  media::BadRanges told;
  REQUIRE(volume::read_around(rig.memory, {{at + 12288, 10}}, map, 100,
                              std::as_writable_bytes(std::span(got)),
                              [&](auto offset, auto length) { told.push_back({offset, length}); }));
  CHECK(told == media::BadRanges{{4096, 4096}, {12288, 100 + 15000 - 12288}});
  std::string want = text;
  std::fill_n(want.begin() + 4096, 4096, '\0');
  std::fill(want.begin() + 12288, want.end(), '\0');
  CHECK(got == want.substr(100, 15000));
}
