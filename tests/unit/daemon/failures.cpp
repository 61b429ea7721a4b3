#include "failures.h"

#include "catch.h"

using namespace famfs::daemon;

TEST_CASE("failures: the file is named, the same range is counted") {
  Failures failures("/dev/dax0.0");
  failures.set_locate([](std::uint64_t offset) {
    return offset < 100 ? std::optional<std::string>("a/b") : std::nullopt;
  });
  failures.note(50, 10);
  failures.note(50, 10);
  failures.note(200, 10);
  const auto last = failures.last();
  REQUIRE(last.size() == 2);
  CHECK(last[0].file == "a/b");
  CHECK(last[0].times == 2);
  CHECK(last[1].file.empty());
  CHECK(last[1].offset == 200);
}

TEST_CASE("failures: the last ones are kept, before and after there is a volume") {
  Failures failures("d");
  for (std::uint64_t i = 0; i < 20; ++i) {
    failures.note(i * 4096, 4096);
  }
  CHECK(failures.last().size() == 16);
  CHECK(failures.last().back().offset == 19 * 4096);
}
