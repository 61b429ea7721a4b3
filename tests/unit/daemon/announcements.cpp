#include "announcements.h"

#include "catch.h"

using famfs::daemon::Announcements;

TEST_CASE("an announcement is one thread's, of one directory, as long as that is open") {
  Announcements announcements;
  const auto one = announcements.next_handle();
  const auto two = announcements.next_handle();
  const Announcements::Announcement said{.directory = 10, .thread = 100, .user = 1000};
  CHECK(one != two);
  announcements.add(one, said);
  announcements.add(one, said); // said again
  CHECK(announcements.has(said));
  CHECK_FALSE(announcements.has({.directory = 10, .thread = 101, .user = 1000}));
  CHECK_FALSE(announcements.has({.directory = 11, .thread = 100, .user = 1000}));
  CHECK_FALSE(announcements.has({.directory = 10, .thread = 100, .user = 1001}));
  announcements.add(two, said);
  announcements.remove(one);
  CHECK(announcements.has(said));
  announcements.add(two, {.directory = 10, .thread = 101, .user = 1000}); // another thread's now
  CHECK_FALSE(announcements.has(said));
  announcements.remove(two);
  announcements.remove(two);
  CHECK_FALSE(announcements.has({.directory = 10, .thread = 101, .user = 1000}));
}
