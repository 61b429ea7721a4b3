// What each call gives, and each way it refuses.
#include "support.h"

namespace famfs::tree {

using Names = std::vector<std::string>;

TEST_CASE("tree: a new one is its root") {
  const Tree tree(10, 20, 0711);
  const auto root = tree.info(kRoot);
  REQUIRE(root);
  CHECK(root->kind == Kind::directory);
  CHECK(root->uid == 10);
  CHECK(root->gid == 20);
  CHECK(root->mode == 0711);
  CHECK(tree.parent(kRoot) == kRoot);
  CHECK(tree.path(kRoot).empty());
  CHECK(tree.find_path("") == kRoot);
  CHECK(tree.files() == 0);
  CHECK(tree.directories() == 0);
  CHECK_FALSE(tree.next_child(kRoot, 0));
}

TEST_CASE("tree: what was put in is found again") {
  Tree tree(0, 0, 0755);
  const NodeId a = add(tree, kRoot, "a", kDirectory);
  const NodeId b = add(tree, a, "b", kDirectory);
  const NodeInfo info{.kind = Kind::file,
                      .uid = 1000,
                      .gid = 1001,
                      .mode = 0640,
                      .pending = true,
                      .flags = 2,
                      .size = ~std::uint64_t{0},
                      .entry = std::uint64_t{1} << 40};
  const NodeId c = add(tree, b, "c", info);
  CHECK(tree.find(kRoot, "a") == a);
  CHECK(tree.find(b, "c") == c);
  CHECK(tree.find_path("a/b/c") == c);
  CHECK(tree.find_path("a/b") == b);
  CHECK(tree.path(c) == "a/b/c");
  CHECK(tree.name(c) == "c");
  CHECK(tree.parent(c) == b);
  CHECK(tree.files() == 1);
  CHECK(tree.directories() == 2);
  const auto got = tree.info(c);
  REQUIRE(got);
  CHECK(got->kind == Kind::file);
  CHECK(got->uid == 1000);
  CHECK(got->gid == 1001);
  CHECK(got->mode == 0640);
  CHECK(got->pending);
  CHECK(got->flags == 2);
  CHECK(got->size == ~std::uint64_t{0});
  CHECK(got->entry == std::uint64_t{1} << 40);
}

TEST_CASE("tree: paths that are none find nothing, whatever was walked before") {
  Tree tree(0, 0, 0755);
  const NodeId a = add(tree, kRoot, "a", kDirectory);
  const NodeId f = add(tree, add(tree, a, "b", kDirectory), "f");
  for (const std::string_view warm : {"a/b/f", "a/b", "a"}) {
    CAPTURE(warm);
    REQUIRE(tree.find_path(warm));
    for (const std::string_view path : {"/", "/a", "a/", "a//b", "b", "b/f", "f", "x/a/b", "a/b/f/",
                                        "a/b/f/g", "/a/b/f", "x/b/f", "a/x/f", "a/b/x", "."}) {
      CAPTURE(path);
      CHECK_FALSE(tree.find_path(path));
    }
    CHECK(tree.find_path("a/b/f") == f);
  }
}

TEST_CASE("tree: the directory walked last may move or go") {
  Tree tree(0, 0, 0755);
  const NodeId a = add(tree, kRoot, "a", kDirectory);
  const NodeId b = add(tree, a, "b", kDirectory);
  const NodeId f = add(tree, b, "f");
  REQUIRE(tree.find_path("a/b/f") == f);
  REQUIRE(tree.rename(a, kRoot, "z"));
  CHECK_FALSE(tree.find_path("a/b/f"));
  CHECK(tree.find_path("z/b/f") == f);
  REQUIRE(tree.remove(f));
  REQUIRE(tree.remove(b));
  CHECK_FALSE(tree.find_path("z/b/f"));
  const NodeId again = add(tree, add(tree, a, "b", kDirectory), "f");
  CHECK(tree.find_path("z/b/f") == again);
}

TEST_CASE("insert: refusals") {
  Tree tree(0, 0, 0755);
  const NodeId file = add(tree, kRoot, "file");
  const NodeId gone = add(tree, kRoot, "gone", kDirectory);
  REQUIRE(tree.remove(gone));
  CHECK(tree.insert(kRoot, "file", kDirectory).error().code == Errc::exists);
  CHECK(tree.insert(file, "x", kFile).error().code == Errc::not_directory);
  CHECK(tree.insert(gone, "x", kFile).error().code == Errc::stale);
  CHECK(tree.insert(0, "x", kFile).error().code == Errc::stale);
  CHECK(tree.insert(kRoot, "", kFile).error().code == Errc::invalid);
  CHECK(tree.insert(kRoot, std::string(256, 'n'), kFile).error().code == Errc::name_too_long);
  CHECK(tree.insert(kRoot, "new\nline", kFile));
  CHECK(tree.insert(kRoot, "new\nline", kFile).error().message.find('\n') == std::string::npos);
  CHECK(listing(tree, kRoot) == Names{"file", "new\nline"});
}

TEST_CASE("tree: names of every length and any byte") {
  Tree tree(0, 0, 0755);
  std::string name;
  std::vector<NodeId> ids{0};
  for (std::size_t length = 1; length <= 255; ++length) {
    name.push_back(static_cast<char>(length));
    ids.push_back(add(tree, kRoot, name));
  }
  for (std::size_t length = 1; length <= 255; ++length) {
    CHECK(tree.find(kRoot, std::string_view(name).substr(0, length)) == ids[length]);
    CHECK(tree.name(ids[length]) == std::string_view(name).substr(0, length));
  }
  CHECK(tree.find(kRoot, std::string_view("\1\2\0", 3)) == std::nullopt);
}

TEST_CASE("remove: a directory only when it is empty; ids that are gone stay gone") {
  Tree tree(0, 0, 0755);
  const NodeId d = add(tree, kRoot, "d", kDirectory);
  const NodeId f = add(tree, d, "f");
  CHECK(tree.remove(d).error().code == Errc::not_empty);
  CHECK(tree.remove(kRoot).error().code == Errc::invalid);
  REQUIRE(tree.remove(f));
  CHECK(tree.remove(f).error().code == Errc::stale);
  REQUIRE(tree.remove(d));
  CHECK(tree.files() == 0);
  CHECK(tree.directories() == 0);

  const NodeId again = add(tree, kRoot, "d");
  CHECK(again != d);
  for (const NodeId id : {d, f}) {
    CHECK_FALSE(tree.info(id));
    CHECK(tree.set_info(id, kFile).error().code == Errc::stale);
    CHECK(tree.set_map(id, one_extent(0)).error().code == Errc::stale);
    CHECK(tree.rename(id, kRoot, "x").error().code == Errc::stale);
    CHECK(tree.parent(id) == 0);
    CHECK(tree.path(id).empty());
    CHECK(tree.name(id).empty());
    CHECK_FALSE(tree.find(id, "f"));
    CHECK_FALSE(tree.next_child(id, 0));
    CHECK(tree.child_count(id) == 0);
    CHECK(tree.map(id) == format::FileMap{});
  }
}

TEST_CASE("rename: keeps the node, its content and what is below it") {
  Tree tree(0, 0, 0755);
  const NodeId a = add(tree, kRoot, "a", kDirectory);
  const NodeId b = add(tree, kRoot, "b", kDirectory);
  const NodeId f = add(tree, a, "f");
  REQUIRE(tree.set_map(f, one_extent(format::kAllocUnit)));
  REQUIRE(tree.rename(f, b, "a name that is too long for the node"));
  CHECK(tree.path(f) == "b/a name that is too long for the node");
  CHECK(tree.map(f) == one_extent(format::kAllocUnit));
  CHECK_FALSE(tree.find(a, "f"));
  CHECK(tree.child_count(a) == 0);
  CHECK(tree.child_count(b) == 1);

  REQUIRE(tree.rename(b, a, "b"));
  CHECK(tree.path(f) == "a/b/a name that is too long for the node");
  CHECK(tree.subdirectory_count(kRoot) == 1);
  CHECK(tree.subdirectory_count(a) == 1);
  CHECK(listing(tree, kRoot) == Names{"a"});

  REQUIRE(tree.rename(f, b, "g"));
  CHECK(tree.find_path("a/b/g") == f);
  CHECK_FALSE(tree.find(b, "a name that is too long for the node"));
  CHECK(tree.rename(f, b, "g")); // to itself
  CHECK(tree.find_path("a/b/g") == f);
}

TEST_CASE("rename: refusals change nothing") {
  Tree tree(0, 0, 0755);
  const NodeId a = add(tree, kRoot, "a", kDirectory);
  const NodeId b = add(tree, a, "b", kDirectory);
  const NodeId c = add(tree, b, "c", kDirectory);
  const NodeId f = add(tree, kRoot, "f");
  CHECK(tree.rename(a, a, "x").error().code == Errc::invalid);
  CHECK(tree.rename(a, c, "x").error().code == Errc::invalid);
  CHECK(tree.rename(kRoot, c, "x").error().code == Errc::invalid);
  CHECK(tree.rename(f, kRoot, "a").error().code == Errc::exists);
  CHECK(tree.rename(c, f, "x").error().code == Errc::not_directory);
  CHECK(tree.rename(f, 77, "x").error().code == Errc::stale);
  CHECK(tree.rename(f, a, "").error().code == Errc::invalid);
  CHECK(tree.rename(f, a, std::string(256, 'n')).error().code == Errc::name_too_long);
  CHECK(tree.path(c) == "a/b/c");
  CHECK(listing(tree, kRoot) == Names{"a", "f"});
  CHECK(tree.rename(c, a, "x")); // upwards is fine
  CHECK(tree.path(c) == "a/x");
}

TEST_CASE("map: any map comes back as it was set") {
  Tree tree(0, 0, 0755);
  const NodeId f = add(tree, kRoot, "f");
  const NodeId d = add(tree, kRoot, "d", kDirectory);
  CHECK(tree.map(f) == format::FileMap{});
  CHECK(tree.set_map(d, one_extent(0)).error().code == Errc::is_directory);
  format::FileMap many = one_extent(0);
  while (!many.extents.full()) {
    many.extents.push_back({.device = many.extents.size(), .offset = 1, .length = 2});
  }
  format::FileMap striped = one_extent(format::kAllocUnit);
  striped.kind = format::MapKind::interleaved;
  striped.chunk = format::kAllocUnit;
  for (const auto& map : {one_extent(5), many, striped, format::FileMap{}, many, one_extent(7)}) {
    REQUIRE(tree.set_map(f, map));
    CHECK(tree.map(f) == map);
  }
}

} // namespace famfs::tree
