// holder/locks.h by itself.
#include "holder/locks.h"
#include "catch.h"
#include "support.h"

#include <atomic>
#include <thread>
#include <vector>

using namespace famfs;
using namespace holder_test;

TEST_CASE("a lock file that comes and goes with its locks still excludes") {
  const Scratch scratch;
  const auto opened = holder::Directory::open(scratch.directory(), -1, true);
  REQUIRE(opened);
  std::atomic<int> holders = 0;
  std::atomic<int> together = 0;
  std::atomic<int> wins = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10000; ++n) {
          if (const auto lock =
                  holder::LockFile::take(*opened, "a.lock", holder::LockKind::exclusive)) {
            together += holders.fetch_add(1);
            ++wins;
            std::this_thread::yield();
            --holders;
          }
        }
      });
    }
  }
  CHECK(together == 0);
  CHECK(wins > 0);
  CHECK(scratch.left().empty());
}
