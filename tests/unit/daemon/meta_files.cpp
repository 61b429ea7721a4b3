#include "meta_files.h"

#include "tree/tree.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::daemon;

TEST_CASE("meta files: found by name, in their place only") {
  CHECK(meta::find(tree::kRoot, ".meta") == meta::kDirectory);
  CHECK_FALSE(meta::find(tree::kRoot, ".log"));
  CHECK_FALSE(meta::find(7, ".meta"));
  CHECK(meta::find(meta::kDirectory, ".log") == meta::kLog);
  CHECK(meta::find(meta::kDirectory, ".superblock") == meta::kSuperblock);
  CHECK_FALSE(meta::find(meta::kDirectory, ".meta"));
  CHECK(meta::is_meta(meta::kLog));
  CHECK_FALSE(meta::is_meta(tree::kRoot));
}

TEST_CASE("meta files: where they lie on the device") {
  const format::Geometry geometry{
      .device_size = 1 << 30, .log_length = 8 << 20, .alloc_unit = 2 << 20};
  CHECK(meta::range(meta::kSuperblock, geometry)->offset == 0);
  CHECK(meta::range(meta::kSuperblock, geometry)->length == 2 << 20);
  CHECK(meta::range(meta::kLog, geometry)->offset == 2 << 20);
  CHECK(meta::range(meta::kLog, geometry)->length == 8 << 20);
  CHECK_FALSE(meta::range(meta::kDirectory, geometry));
  CHECK_FALSE(meta::range(tree::kRoot, geometry));
}
