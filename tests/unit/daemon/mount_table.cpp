#include "mount_table.h"

#include "catch.h"

using namespace famfs::daemon;

TEST_CASE("mount table: a line of mountinfo") {
  const auto entry =
      parse_mount_line("36 35 0:47 / /mnt/a\\040b rw,noatime shared:1 master:2 - fuse.famfs "
                       "/dev/dax0.0 rw,user_id=0");
  REQUIRE(entry);
  CHECK(entry->mount_point == "/mnt/a b");
  CHECK(entry->type == "fuse.famfs");
  CHECK(entry->source == "/dev/dax0.0");
  CHECK(entry->id == "36");
  CHECK(entry->device == "0:47");
  CHECK(parse_mount_line("36 35 0:47 / /mnt\\134x rw - ext4 /dev/sda1 rw")->mount_point ==
        "/mnt\\x");
}

TEST_CASE("mount table: lines that are none") {
  for (const auto* line :
       {"", "36 35 0:47 / /mnt rw", "36 35 - ext4 /dev/sda1 rw", "- - - - - -"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_mount_line(line));
  }
}

TEST_CASE("mount table: the real one") {
  const auto proc = find_mount("self", "/proc"); // "/" is none in a chroot
  REQUIRE(proc);
  CHECK(proc->type == "proc");
  CHECK_FALSE(find_mount("self", "/nowhere/at/all"));
  CHECK_FALSE(find_mount("999999999", "/proc"));
}
