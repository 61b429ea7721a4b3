#include "format/fault.h"

#include "catch.h"

#include <algorithm>
#include <set>

using namespace famfs::format;

TEST_CASE("each fault has a name of its own, a meaning and a reach") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(FaultKind::device_index); ++i) {
    const auto kind = static_cast<FaultKind>(i);
    CAPTURE(name(kind));
    CHECK(names.insert(name(kind)).second);
    CHECK(
        std::ranges::all_of(name(kind), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; }));
    CHECK(meaning(kind).size() > 10);
    CHECK(reach(kind) == (kind < FaultKind::entry_crc    ? Reach::volume
                          : kind < FaultKind::entry_type ? Reach::log_tail
                                                         : Reach::entry));
  }
}

TEST_CASE("describe says where, what, and the fault's name") {
  CHECK(
      describe({.kind = FaultKind::extent_overlap, .entry = 17, .offset = 0x200030, .what = "w"}) ==
      "log entry 17 at 0x200030: w (extent-overlap)");
  CHECK(describe({.kind = FaultKind::superblock_crc, .entry = {}, .offset = 0, .what = "w"}) ==
        "superblock at 0x0: w (superblock-crc)");
  CHECK(describe({.kind = FaultKind::header_crc, .entry = {}, .offset = 0x200000, .what = "w"}) ==
        "log header at 0x200000: w (header-crc)");
}
