// What a node costs, and what happens when there is no memory.
#include "memory_limit.h"
#include "support.h"

#include <string>

namespace famfs::tree {

TEST_CASE("memory: half a million files cost well under 200 bytes each besides their names") {
  Tree tree(0, 0, 0755);
  constexpr std::size_t kFiles = 500'000;
  constexpr std::size_t kDirectories = 3'000;
  std::size_t name_bytes = 0;
  std::vector<NodeId> directories;
  const auto insert = [&](NodeId parent, const std::string& name, const NodeInfo& info) {
    name_bytes += name.size();
    return tree.insert(parent, name, info).value();
  };
  for (std::size_t i = 0; i < kDirectories; ++i) {
    directories.push_back(insert(i % 10 == 0 ? kRoot : directories[i / 10 * 10],
                                 "directory-" + std::to_string(i), kDirectory));
  }
  for (std::size_t i = 0; i < kFiles; ++i) {
    // Unlike directories: some hold ten times what others do.
    const NodeId parent = directories[i % 3 == 0 ? i % (kDirectories / 10) : i % kDirectories];
    const NodeId id =
        insert(parent, "file-" + std::to_string(i) + (i % 5 == 0 ? ".with-a-suffix" : ""), kFile);
    REQUIRE(tree.set_map(id, one_extent(i * format::kAllocUnit)));
  }
  REQUIRE(tree.files() == kFiles);
  REQUIRE(tree.directories() == kDirectories);
  const double per_node = static_cast<double>(tree.memory_bytes() - name_bytes) /
                          static_cast<double>(kFiles + kDirectories);
  CAPTURE(per_node);
  CHECK(per_node < 140);
  CHECK(per_node > 90); // it counts the nodes at all
}

TEST_CASE("memory: a million temporary files in a directory do not make it grow") {
  Tree tree(0, 0, 0755);
  std::vector<NodeId> alive;
  const auto turn = [&](int i) {
    alive.push_back(tree.insert(kRoot, "temporary-file-" + std::to_string(i), kFile).value());
    if (alive.size() > 100) { // out of order, so that the gaps are everywhere
      const std::size_t victim = static_cast<std::size_t>(i) * 7919 % alive.size();
      std::swap(alive[victim], alive.back());
      if (!tree.remove(alive.back())) {
        FAIL("cannot remove");
      }
      alive.pop_back();
    }
  };
  for (int i = 0; i < 10'000; ++i) {
    turn(i);
  }
  const std::size_t before = tree.memory_bytes();
  for (int i = 10'000; i < 1'000'000; ++i) {
    turn(i);
  }
  CHECK(tree.memory_bytes() <= before + 8192);
  CHECK(tree.child_count(kRoot) == 100);
  CHECK(listing(tree, kRoot).size() == 100);
}

TEST_CASE("memory: running out is an error that changes nothing") {
  const std::string long_name(100, 'n');
  for (const NodeInfo& info : {kFile, kDirectory}) {
    Tree tree(0, 0, 0755);
    // Through the growth of every table in it.
    for (int i = 0; i < 3000; ++i) {
      const std::string name = long_name + std::to_string(i);
      int refusals = 0;
      for (long allowed = 0;; ++allowed) {
        const bool inserted = testing::with_allocations(
            allowed, [&] { return tree.insert(kRoot, name, info).has_value(); });
        if (inserted) {
          break;
        }
        ++refusals;
        REQUIRE(refusals < 20);
        REQUIRE_FALSE(tree.find(kRoot, name));
        REQUIRE(tree.child_count(kRoot) == static_cast<std::uint64_t>(i));
      }
      REQUIRE(refusals > 0);
    }
    CHECK(listing(tree, kRoot).size() == 3000);
  }
}

TEST_CASE("memory: renaming and mapping without memory change nothing") {
  Tree tree(0, 0, 0755);
  const NodeId d = add(tree, kRoot, "d", kDirectory);
  const NodeId f = add(tree, kRoot, "f");
  format::FileMap two = one_extent(0);
  two.extents.push_back({.device = 0, .offset = 1, .length = 2});
  const auto try_both = [&] { // the list of d's children must grow
    return std::pair(tree.rename(f, d, "g").has_value(), tree.set_map(f, two).has_value());
  };
  const auto [renamed, mapped] = testing::with_allocations(0, try_both);
  CHECK_FALSE(renamed);
  CHECK_FALSE(mapped);
  CHECK(tree.path(f) == "f");
  CHECK(tree.map(f) == format::FileMap{});
  CHECK(tree.rename(f, d, "g"));
  CHECK(tree.path(f) == "d/g");
}

TEST_CASE("memory: a rename over a file needs none") {
  Tree tree(0, 0, 0755);
  const NodeId d = add(tree, kRoot, "d", kDirectory);
  const NodeId f = add(tree, kRoot, "f");
  const std::string long_name(100, 'n'); // does not fit into the node
  const NodeId target = add(tree, d, long_name);
  const auto rename = [&] { return tree.rename(f, d, long_name).has_value(); };
  CHECK(testing::with_allocations(0, rename));
  CHECK(tree.find(d, long_name) == f);
  CHECK_FALSE(tree.info(target));
}

} // namespace famfs::tree
