#include "daemonize.h"

#include "catch.h"

#include <unistd.h>

using namespace famfs::daemon;

// The child must leave without running this program's own end.
TEST_CASE("daemonize: the parent hears that the child is ready, while it goes on") {
  int stay[2];
  REQUIRE(::pipe(stay) == 0);
  Forked forked = fork_daemon();
  if (forked.child) {
    forked.parent.tell_ready();
    ::close(stay[1]);
    char byte = 0;
    static_cast<void>(::read(stay[0], &byte, 1) >= 0); // the parent has returned by then
    ::_exit(0);
  }
  CHECK(forked.outcome.exit_code == 0);
  CHECK(forked.outcome.line.empty());
  ::close(stay[0]);
  ::close(stay[1]);
}

TEST_CASE("daemonize: the parent hears why not") {
  Forked forked = fork_daemon();
  if (forked.child) {
    forked.parent.tell_failure(32, "why: what to do");
    ::_exit(0);
  }
  CHECK(forked.outcome.exit_code == 32);
  CHECK(forked.outcome.line == "why: what to do");
}

TEST_CASE("daemonize: a child that dies") {
  const Forked forked = fork_daemon();
  if (forked.child) {
    ::_exit(0);
  }
  CHECK(forked.outcome.exit_code == 32);
  CHECK_FALSE(forked.outcome.line.empty());
}
