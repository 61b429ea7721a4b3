#include "failures.h"

#include "catch.h"

using namespace famfs::daemon;

TEST_CASE("failures: the file is named, its memory given up; the same range is counted") {
  Failures failures("/dev/dax0.0");
  std::vector<famfs::media::BadRange> withdrawn;
  failures.note(300, 5); // before there is a volume
  failures.set_volume({.file_in =
                           [](const famfs::media::BadRange& range) {
                             return range.offset < 100 ? std::optional<std::string>("a/b")
                                                       : std::nullopt;
                           },
                       .withdraw = [&](const auto& range) { withdrawn.push_back(range); }});
  failures.note(50, 10);
  failures.note(50, 10);
  failures.note(200, 10);
  const auto last = failures.last();
  REQUIRE(last.size() == 3);
  CHECK(last[1].file == "a/b");
  CHECK(last[1].times == 2);
  CHECK(last[2].file.empty());
  CHECK(last[2].offset == 200);
  CHECK(withdrawn == std::vector<famfs::media::BadRange>{{300, 5}, {50, 10}, {200, 10}});
}

TEST_CASE("failures: the last ones are kept, before and after there is a volume") {
  Failures failures("d");
  for (std::uint64_t i = 0; i < 20; ++i) {
    failures.note(i * 4096, 4096);
  }
  CHECK(failures.last().size() == 16);
  CHECK(failures.last().back().offset == 19 * 4096);
}
