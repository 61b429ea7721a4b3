#include "access_path.h"
#include "init_exchange.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::daemon;

TEST_CASE("access path: direct takes nothing and passes the page cache by") {
  const auto path = make_access_path(MmapPolicy::refused);
  CHECK(path->negotiate(~std::uint64_t{0}) == 0);
  CHECK(path->open().direct_io);
  CHECK(path->name() == "direct");
  CHECK(path->why() ==
        "mmap(MAP_SHARED) of files is refused (ENODEV): use libfamfs or 'famfs exec -- "
        "PROGRAM', or mount with -o mmap=cached");
}

TEST_CASE("access path: cached keeps read(2) fresh where the kernel can") {
  const auto fresh = make_access_path(MmapPolicy::cached);
  CHECK(fresh->negotiate(init_flag::kExtended | init_flag::kDirectIoAllowMmap) ==
        init_flag::kDirectIoAllowMmap);
  CHECK(fresh->open().direct_io);
  const auto old = make_access_path(MmapPolicy::cached);
  CHECK(old->negotiate(init_flag::kExtended) == 0);
  CHECK_FALSE(old->open().direct_io);
  CHECK(old->why().find("late") != std::string::npos);
  CHECK(old->name() == "cached");
}
