#include "announcements.h"

#include "catch.h"

using famfs::daemon::Announcements;

TEST_CASE("an announcement is one thread's, of one directory, as long as that is open") {
  Announcements announcements;
  const auto one = announcements.next_handle();
  const auto two = announcements.next_handle();
  CHECK(one != two);
  announcements.add(one, 10, 100);
  announcements.add(one, 10, 100); // said again
  CHECK(announcements.has(10, 100));
  CHECK_FALSE(announcements.has(10, 101));
  CHECK_FALSE(announcements.has(11, 100));
  announcements.add(two, 10, 100);
  announcements.remove(one);
  CHECK(announcements.has(10, 100));
  announcements.remove(two);
  announcements.remove(two);
  CHECK_FALSE(announcements.has(10, 100));
}
