// Power may go at any moment, and every store that was not written back and fenced may or may not
// have reached the memory. The world's oracle says what must be there then.
#include "world.h"

#include "catch.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

using namespace famfs;
using namespace famfs::crash;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

} // namespace

TEST_CASE(
    "every sequence of up to four steps, and every image that a crash in its last could leave",
    "[orders]") {
  std::uint64_t images = 0;
  const auto all = sequences(4);
  for (const std::string& steps : all) {
    World world({});
    for (std::size_t i = 0; i < steps.size(); ++i) {
      world.run(steps[i], i + 1 == steps.size());
    }
    images += world.images();
    INFO(steps);
    REQUIRE(world.trouble() == "");
  }
  std::cout << fmt::format("{} sequences, {} images\n", all.size(), images);
}

TEST_CASE("long sequences at random", "[orders]") {
  const auto seed = static_cast<unsigned>(from_environment("FAMFS_SEED", 1));
  const auto runs = from_environment("FAMFS_CRASH_RUNS", 40);
  std::uint64_t images = 0;
  for (unsigned run = 0; run < runs; ++run) {
    std::minstd_rand random(seed + run);
    World world({}, seed + run);
    std::string steps;
    while (steps.size() < 14 && world.trouble().empty()) {
      // mkfs seldom: little is left to lose after it.
      const Step step = kSteps[random() % (random() % 8 == 0 ? kSteps.size() : kSteps.size() - 1)];
      if (world.can(step)) {
        steps += step;
        world.run(step, true);
      }
    }
    images += world.images();
    INFO("FAMFS_SEED=" << seed + run << ": " << steps);
    REQUIRE(world.trouble() == "");
  }
  std::cout << fmt::format("{} long sequences, {} images\n", runs, images);
}
