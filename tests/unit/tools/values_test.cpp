// What options hold: seeds, files with sizes; and where a path is mounted.
#include "content_args.h"
#include "mount_point.h"
#include "path_text.h"
#include "striping.h"
#include "support.h"

#include "base/units.h"

#include "catch.h"

#include <sstream>

#include <sys/stat.h>
#include <sys/sysmacros.h>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

TEST_CASE("Buckets of less than 1 GiB are small") {
  CHECK(bucket_is_small({.strips = 1, .buckets = 9, .chunk = 2 * MiB}, 8 * GiB));
  CHECK(!bucket_is_small({.strips = 1, .buckets = 8, .chunk = 2 * MiB}, 8 * GiB));
}

TEST_CASE("Seeds are 1 to 2^32 - 1") {
  CHECK(*parse_seed("1") == 1);
  CHECK(*parse_seed("4294967295") == UINT32_MAX);
  for (const char* bad : {"", "0", "-1", "4294967296", "1x", " 1", "0x10"}) {
    CAPTURE(bad);
    CHECK(!parse_seed(bad));
  }
  CHECK(random_seed() != 0);
}

TEST_CASE("FILE,SIZE[,SEED] and FILE,SEED") {
  const auto file = parse_sized_file("/mnt/a,8m,42");
  REQUIRE(file.has_value());
  CHECK(file->path == "/mnt/a");
  CHECK(file->size == 8 * MiB);
  CHECK(file->seed == 42U);
  CHECK(!parse_sized_file("a,1t")->seed.has_value());
  CHECK(parse_sized_file("a,1t")->size == TiB);
  for (const char* bad :
       {"", "a", "a,", ",1", "a,1,", "a,1,2,3", "a,x", "a,-1", "a,10x", "a,1,0", "a,,1"}) {
    CAPTURE(bad);
    const auto parsed = parse_sized_file(bad);
    REQUIRE(!parsed);
    CHECK(parsed.error().code == Errc::invalid);
  }
  CHECK(parse_seeded_file("a,5")->seed == 5);
  for (const char* bad : {"", "a", "a,0", ",1", "a,1,2"}) {
    CAPTURE(bad);
    CHECK(!parse_seeded_file(bad));
  }
}

TEST_CASE("Paths as text") {
  CHECK(parent_of("a") == ".");
  CHECK(parent_of("/a") == "/");
  CHECK(parent_of("/a/b//") == "/a/");
  CHECK(parent_of("a/b") == "a/");
  CHECK(name_of("a/b//") == "b");
  CHECK(name_of("b") == "b");
  CHECK(name_of("/").empty());
  CHECK(join("a", "b") == "a/b");
  CHECK(join("a/", "b") == "a/b");
}

TEST_CASE("The mount table: famfs mounts, names with blanks, other types") {
  Tools tools;
  struct stat status{};
  REQUIRE(::stat(tools.scratch.path("").c_str(), &status) == 0);
  std::ostringstream table;
  table << "20 1 0:19 / /proc rw shared:5 - proc proc rw\n"
        << "21 1 999:1 / /mnt/with\\040blank ro,nosuid shared:2 master:1 - fuse.famfs "
           "/dev/dax\\0410.0 rw,user_id=0\n"
        << "22 1 " << major(status.st_dev) << ':' << minor(status.st_dev)
        << " / /dev/shm rw - fuse.famfs " << tools.scratch.path("device") << " rw\n"
        << "garbage\n23 1 x:y / / rw - fuse.famfs a b\n";
  spill(tools.scratch.path("table"), table.str());
  std::ostringstream out;
  const std::atomic<bool> no{false};
  Context context{.out = out,
                  .err = out,
                  .interrupted = no,
                  .mount_table = tools.scratch.path("table"),
                  .program_directory = {},
                  .replace_process = {}};
  const auto mounts = famfs_mounts(context);
  REQUIRE(mounts.has_value());
  REQUIRE(mounts->size() == 2);
  CHECK((*mounts)[0].directory == "/mnt/with blank");
  CHECK((*mounts)[0].device == "/dev/dax!0.0");
  CHECK((*mounts)[0].read_only);
  CHECK(!(*mounts)[1].read_only);

  const auto ours = mount_of(context, tools.scratch.path(""));
  REQUIRE(ours.has_value());
  CHECK(ours->device == tools.scratch.path("device"));
  CHECK(mount_of(context, "/proc").error().code == Errc::not_famfs);
  CHECK(mount_of(context, "/no/such").error().code == Errc::not_found);

  spill(tools.scratch.path("device"), "x");
  std::filesystem::create_symlink("device", tools.scratch.path("link"));
  CHECK(mounts_of_device(context, tools.scratch.path("link"))->size() == 1);
  context.mount_table = "/no/such";
  CHECK(!famfs_mounts(context));
}
