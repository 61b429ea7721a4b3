// Is each write-back and each fence needed, and would its absence be seen? Each place in the code
// that asks for one is left out in turn (by the memory, not by editing); so is the order of entry
// and counters turned round. An oracle that stays content then proves nothing.
#include "world.h"

#include "catch.h"

#include <fmt/format.h>

#include <iostream>
#include <set>

using namespace famfs;
using namespace famfs::crash;

namespace {

// Every step, after what makes it matter; short, because each place runs through all of them.
const std::vector<std::string> kStories{"nk", "wk",  "hk",  "pk",  "nnt",
                                        "d",  "nko", "nks", "nkm", "dmd"};

std::string first_trouble(Mutation mutation) {
  for (const std::string& steps : kStories) {
    World world({}, 1, mutation);
    for (const Step step : steps) {
      world.run(step, true);
      if (!world.trouble().empty()) {
        return fmt::format("{}: {}", steps, world.trouble());
      }
    }
  }
  return "";
}

std::set<Site> all_sites() {
  std::set<Site> all;
  for (const std::string& steps : kStories) {
    World world({});
    for (const Step step : steps) {
      world.run(step, false);
    }
    all.merge(world.memory().sites());
  }
  return all;
}

} // namespace

TEST_CASE("left out, each write-back and each fence is missed", "[mutations]") {
  REQUIRE(first_trouble({}) == "");
  const auto sites = all_sites();
  CHECK(sites.size() >= 8);
  for (const Site& site : sites) {
    const std::string trouble = first_trouble({.without = site});
    std::cout << fmt::format("without {}: {}\n", name(site), trouble);
    CHECK(trouble != "");
  }
}

TEST_CASE("counters that reach the memory before their entry are seen", "[mutations]") {
  const std::string trouble = first_trouble({.header_first = true});
  std::cout << "counters first: " << trouble << '\n';
  CHECK(trouble != "");
}
