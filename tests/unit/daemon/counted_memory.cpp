#include "counted_memory.h"

#include "recording_memory.h"
#include "told.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::daemon;

TEST_CASE("counted memory: whole lines that hold a byte of the range") {
  testing::RecordingMemory memory(4096);
  Metrics metrics;
  CountedMemory counted(memory, metrics);
  const auto written = [&] { return told_by(metrics)["cache_lines_written_back"]; };
  REQUIRE(counted.write_back(0, 64));
  CHECK(written() == 1);
  REQUIRE(counted.write_back(63, 2));
  CHECK(written() == 3);
  REQUIRE(counted.write_back(100, 0));
  CHECK(written() == 3);
  REQUIRE(counted.invalidate(64, 129));
  CHECK(written() == 3);
  CHECK(told_by(metrics)["cache_lines_invalidated"] == 3);
}

TEST_CASE("counted memory: what was not written back is not counted") {
  testing::RecordingMemory memory(4096);
  Metrics metrics;
  CountedMemory counted(memory, metrics);
  CHECK_FALSE(counted.write_back(4096, 64));
  CHECK(told_by(metrics)["cache_lines_written_back"] == 0);
}
