// The promise of next_child: what stays throughout is seen exactly once.
#include "support.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace famfs::tree {
namespace {

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("readdir: in order of insertion, from any cookie on") {
  Tree tree(0, 0, 0755);
  for (const char* name : {"c", "a", "b"}) {
    add(tree, kRoot, name);
  }
  CHECK(listing(tree, kRoot) == Names{"c", "a", "b"});
  const auto first = tree.next_child(kRoot, 0);
  REQUIRE(first);
  CHECK(first->name == "c");
  CHECK(tree.next_child(kRoot, first->cookie)->name == "a");
  CHECK_FALSE(tree.next_child(kRoot, 1000));
  CHECK_FALSE(tree.next_child(kRoot, ~std::uint64_t{0}));
  CHECK(tree.child_count(kRoot) == 3);
}

TEST_CASE("readdir: a cookie outlives its child, and the squeeze of what was around it") {
  Tree tree(0, 0, 0755);
  std::vector<NodeId> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back(add(tree, kRoot, std::to_string(i)));
  }
  std::uint64_t cookie = 0;
  for (int i = 0; i < 500; ++i) {
    cookie = tree.next_child(kRoot, cookie)->cookie;
  }
  for (std::size_t i = 0; i < 1000; ++i) { // 499 is the one that was seen last
    if (i != 0 && i != 700 && i != 999) {
      REQUIRE(tree.remove(ids[i]));
    }
  }
  CHECK(tree.next_child(kRoot, cookie)->name == "700");
  CHECK(listing(tree, kRoot) == Names{"0", "700", "999"});
}

TEST_CASE("readdir: who has reached the end sees what comes later, also in place of what went") {
  Tree tree(0, 0, 0755);
  add(tree, kRoot, "a");
  const NodeId b = add(tree, kRoot, "b");
  const std::uint64_t end = tree.next_child(kRoot, 1)->cookie;
  REQUIRE(tree.remove(b));
  CHECK_FALSE(tree.next_child(kRoot, end));
  add(tree, kRoot, "c");
  REQUIRE(tree.next_child(kRoot, end));
  CHECK(tree.next_child(kRoot, end)->name == "c");
}

TEST_CASE("readdir: removing what is listed empties the directory") {
  Tree tree(0, 0, 0755);
  for (int i = 0; i < 20'000; ++i) {
    add(tree, kRoot, std::to_string(i));
  }
  int removed = 0;
  while (const auto child = tree.next_child(kRoot, 0)) {
    if (!tree.remove(child->id)) {
      FAIL("cannot remove");
    }
    ++removed;
  }
  CHECK(removed == 20'000);
}

TEST_CASE("readdir: a rename within the directory is not seen twice") {
  Tree tree(0, 0, 0755);
  const NodeId a = add(tree, kRoot, "a");
  add(tree, kRoot, "b");
  const std::uint64_t cookie = tree.next_child(kRoot, 0)->cookie;
  REQUIRE(tree.rename(a, kRoot, "z"));
  CHECK(tree.next_child(kRoot, cookie)->name == "b");
  CHECK(listing(tree, kRoot) == Names{"z", "b"});
}

TEST_CASE("readdir: a name that is replaced is seen once, wherever the other file was") {
  Tree tree(0, 0, 0755);
  const NodeId d = add(tree, kRoot, "d", kDirectory);
  const NodeId before = add(tree, d, "before");
  add(tree, d, "name");
  const NodeId after = add(tree, d, "after");
  const std::uint64_t at_before = tree.next_child(d, 0)->cookie;
  const std::uint64_t at_name = tree.next_child(d, at_before)->cookie;
  REQUIRE(tree.rename(before, d, "name")); // by one that was listed: the name is still to come
  CHECK(tree.next_child(d, at_before)->id == before);
  REQUIRE(tree.rename(after, d, "name")); // by one that was not: it does not come again
  CHECK_FALSE(tree.next_child(d, at_name));
  REQUIRE(tree.rename(add(tree, kRoot, "elsewhere"), d, "name"));
  CHECK_FALSE(tree.next_child(d, at_name));
  CHECK(listing(tree, d) == Names{"name"});
  CHECK(listing(tree, kRoot) == Names{"d"});
  CHECK(tree.files() == 1);
}

TEST_CASE("readdir: what stays throughout is seen exactly once, whatever goes on between calls") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Tree tree(0, 0, 0755);
    std::vector<NodeId> alive;
    int names = 0;
    const auto create = [&] { alive.push_back(add(tree, kRoot, std::to_string(names++))); };
    const auto remove = [&] {
      if (!alive.empty()) {
        std::swap(alive[random() % alive.size()], alive.back());
        REQUIRE(tree.remove(alive.back()));
        alive.pop_back();
      }
    };
    for (std::uint64_t i = random() % 300; i > 0; --i) {
      create();
    }
    for (std::uint64_t i = random() % 100; i > 0; --i) {
      remove();
    }
    std::set<NodeId> stays(alive.begin(), alive.end());
    std::map<NodeId, int> seen;
    std::uint64_t cookie = 0;
    const std::uint64_t creates = random() % 3; // shrinking, steady and growing directories
    for (int step = 0; step < 2000; ++step) {
      const auto child = tree.next_child(kRoot, cookie);
      if (!child) {
        break;
      }
      REQUIRE(child->cookie > cookie);
      REQUIRE(std::ranges::find(alive, child->id) != alive.end());
      cookie = child->cookie;
      ++seen[child->id];
      for (std::uint64_t i = random() % 4; i > 0; --i) {
        random() % 3 < creates ? create() : remove();
      }
    }
    const std::set<NodeId> left(alive.begin(), alive.end());
    const bool finished = !tree.next_child(kRoot, cookie);
    for (const NodeId id : stays) {
      if (finished && left.contains(id)) {
        REQUIRE(seen[id] == 1);
      }
    }
    for (const auto& [id, times] : seen) {
      REQUIRE(times == 1);
    }
  }
}

} // namespace famfs::tree
