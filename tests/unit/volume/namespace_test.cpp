#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("directories are committed at once") {
  Rig rig;
  const NodeId a = rig.directory("a");
  const NodeId b = rig.directory("b", a);
  rig.write(rig.create("f", b), 0, "x");
  CHECK(rig.volume->path(b) == "a/b");
  CHECK(rig.volume->parent(b) == a);
  CHECK(rig.attributes(tree::kRoot).links == 3);
  rig.crash_and_reopen();
  const auto attributes = rig.attributes(rig.lookup("b", rig.lookup("a")));
  CHECK(attributes.kind == tree::Kind::directory);
  CHECK(attributes.uid == 1);
  CHECK(attributes.gid == 2);
  CHECK(attributes.mode == 0755);
  CHECK(attributes.links == 2);
  CHECK_FALSE(attributes.pending);
  CHECK(rig.names(rig.lookup("b", rig.lookup("a"))).empty());
}

TEST_CASE("names that cannot be are refused, each with its own reason") {
  Rig rig;
  const NodeId directory = rig.directory("d");
  const NodeId file = rig.committed("f", "x");
  const NodeId gone = rig.create("gone");
  REQUIRE(rig.volume->remove(tree::kRoot, "gone"));
  struct Case {
    NodeId parent;
    std::string name;
    Errc code;
  };
  const std::string nul("a\0b", 3);
  for (const Case& c : std::vector<Case>{{tree::kRoot, "d", Errc::exists},
                                         {tree::kRoot, "f", Errc::exists},
                                         {tree::kRoot, ".meta", Errc::exists},
                                         {tree::kRoot, "", Errc::invalid},
                                         {tree::kRoot, ".", Errc::invalid},
                                         {tree::kRoot, "..", Errc::invalid},
                                         {tree::kRoot, "a/b", Errc::invalid},
                                         {tree::kRoot, "/", Errc::invalid},
                                         {tree::kRoot, nul, Errc::invalid},
                                         {tree::kRoot, std::string(256, 'n'), Errc::name_too_long},
                                         {tree::kRoot, std::string(80, 'n'), Errc::name_too_long},
                                         {directory, std::string(78, 'n'), Errc::name_too_long},
                                         {file, "x", Errc::not_directory},
                                         {gone, "x", Errc::stale},
                                         {12345, "x", Errc::stale}}) {
    CAPTURE(c.name);
    const auto before = rig.volume->usage().log_entries;
    CHECK(code_of(rig.volume->create(c.parent, c.name, {}, 0644)) == c.code);
    CHECK(code_of(rig.volume->make_directory(c.parent, c.name, {}, 0755)) == c.code);
    CHECK(rig.volume->usage().log_entries == before);
  }
  CHECK(rig.volume->usage().pending_files == 0);
  // The longest that fit, and ones that only look wrong.
  (void)rig.directory(std::string(79, 'n'));
  (void)rig.directory(std::string(77, 'n'), directory);
  (void)rig.directory(".meta", directory);
  (void)rig.directory("...");
  (void)rig.directory("new\nline \xff");
  rig.reopen();
  CHECK(rig.faults.all.empty());
  CHECK(rig.names().size() == 5);
}

TEST_CASE("modes that the format cannot record are not permitted") {
  Rig rig;
  for (const std::uint32_t mode : {01644U, 02755U, 04755U, 0100644U}) {
    CHECK(code_of(rig.volume->create(tree::kRoot, "f", {}, mode)) == Errc::not_permitted);
    CHECK(code_of(rig.volume->make_directory(tree::kRoot, "f", {}, mode)) == Errc::not_permitted);
  }
  CHECK(rig.names().empty());
}

TEST_CASE("lookup says what is wrong") {
  Rig rig;
  const NodeId file = rig.committed("f", "x");
  CHECK(code_of(rig.volume->lookup(tree::kRoot, "g")) == Errc::not_found);
  CHECK(code_of(rig.volume->lookup(tree::kRoot, std::string(256, 'n'))) == Errc::name_too_long);
  CHECK(code_of(rig.volume->lookup(tree::kRoot, std::string(255, 'n'))) == Errc::not_found);
  CHECK(code_of(rig.volume->lookup(file, "g")) == Errc::not_directory);
  CHECK(code_of(rig.volume->lookup(12345, "g")) == Errc::stale);
  CHECK(code_of(rig.volume->attributes(12345)) == Errc::stale);
  CHECK(code_of(rig.volume->path(12345)) == Errc::stale);
  CHECK(code_of(rig.volume->parent(12345)) == Errc::stale);
}

TEST_CASE("data calls on a directory, or on nothing, say so") {
  Rig rig;
  const NodeId d = rig.directory("d");
  for (const auto& [id, code] : {std::pair{d, Errc::is_directory}, {NodeId{12345}, Errc::stale}}) {
    CAPTURE(id);
    CHECK(code_of(rig.volume->pin(id)) == code);
    CHECK(code_of(rig.volume->read(id, 0, {})) == code);
    CHECK(code_of(rig.try_write(id, 0, "x")) == code);
    CHECK(code_of(rig.volume->segments(id, 0, 1, [](auto&) { return true; })) == code);
    CHECK(code_of(rig.volume->reserve(id, 0, 1, false)) == code);
    CHECK(code_of(rig.volume->lay_out(id, {.size = 1})) == code);
    CHECK(code_of(rig.volume->map(id, true)) == code);
    CHECK(code_of(rig.volume->sync(id)) == code);
  }
  CHECK(code_of(rig.volume->change(d, {.size = 0})) == Errc::is_directory);
  CHECK(code_of(rig.volume->commit(12345, Volume::Why::closed)) == Errc::stale);
}

TEST_CASE("list goes on after a cookie, and tells the attributes") {
  Rig rig;
  for (int i = 0; i < 10; ++i) {
    const NodeId id = rig.create(fmt::format("f{}", i));
    if (i % 2 == 0) {
      rig.write(id, 0, std::string(static_cast<std::size_t>(i) + 1, 'x'));
    }
  }
  std::vector<std::string> seen;
  std::uint64_t cookie = 0;
  for (int round = 0; round < 20; ++round) {
    int left = 3;
    REQUIRE(rig.volume->list(tree::kRoot, cookie,
                             [&](const tree::Child& child, const volume::Attributes& attributes) {
                               if (left-- == 0) {
                                 return false;
                               }
                               seen.emplace_back(child.name);
                               cookie = child.cookie;
                               CHECK(attributes.id == child.id);
                               CHECK(attributes.pending);
                               CHECK(attributes.size == (seen.size() % 2 == 1 ? seen.size() : 0));
                               return true;
                             }));
    // What comes meanwhile does not disturb.
    if (round == 0) {
      REQUIRE(rig.volume->remove(tree::kRoot, "f1"));
    }
  }
  REQUIRE(seen.size() == 10);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i] == fmt::format("f{}", i));
  }
  const NodeId file = rig.lookup("f0");
  CHECK(code_of(rig.volume->list(file, 0, [](auto&, auto&) { return true; })) ==
        Errc::not_directory);
}

TEST_CASE("only pending files are removed") {
  Rig rig;
  (void)rig.committed("committed", "x");
  (void)rig.directory("d");
  const auto free = rig.free_bytes();
  rig.write(rig.create("f"), 0, "x");
  CHECK(code_of(rig.volume->remove(tree::kRoot, "committed")) == Errc::not_permitted);
  CHECK(code_of(rig.volume->remove(tree::kRoot, "d")) == Errc::not_permitted);
  CHECK(code_of(rig.volume->remove(tree::kRoot, "missing")) == Errc::not_found);
  CHECK(rig.volume->remove(tree::kRoot, "f"));
  CHECK(code_of(rig.volume->lookup(tree::kRoot, "f")) == Errc::not_found);
  CHECK(rig.free_bytes() == free);
  CHECK(rig.volume->usage().pending_files == 0);
  // And the name is free for another.
  rig.write(rig.create("f"), 0, "y");
  CHECK(rig.read(rig.lookup("f")) == "y");
}

TEST_CASE("pending files are renamed, and keep their id") {
  Rig rig;
  const NodeId d = rig.directory("d");
  const NodeId id = rig.create("f");
  rig.write(id, 0, "content");
  REQUIRE(rig.volume->rename(tree::kRoot, "f", d, "g", true));
  CHECK(rig.lookup("g", d) == id);
  CHECK(code_of(rig.volume->lookup(tree::kRoot, "f")) == Errc::not_found);
  rig.commit(id);
  rig.reopen();
  CHECK(rig.read(rig.lookup("g", rig.lookup("d"))) == "content");
}

TEST_CASE("rename refuses what the format cannot record") {
  Rig rig;
  const NodeId d = rig.directory("d");
  (void)rig.committed("c", "x");
  (void)rig.create("p");
  const auto rename = [&](std::string_view from, std::string_view to, bool replace = true) {
    return code_of(rig.volume->rename(tree::kRoot, from, tree::kRoot, to, replace));
  };
  CHECK(rename("c", "z") == Errc::not_permitted);
  CHECK(rename("d", "z") == Errc::not_permitted);
  CHECK(rename("missing", "z") == Errc::not_found);
  CHECK(rename("p", "c") == Errc::not_permitted);
  CHECK(rename("p", "c", false) == Errc::exists);
  CHECK(rename("p", "d") == Errc::is_directory);
  CHECK(rename("p", ".meta") == Errc::exists);
  CHECK(rename("p", "..") == Errc::invalid);
  CHECK(rename("p", std::string(80, 'n')) == Errc::name_too_long);
  CHECK(code_of(rig.volume->rename(tree::kRoot, "p", d, std::string(78, 'n'), true)) ==
        Errc::name_too_long);
  CHECK(rig.volume->rename(tree::kRoot, "p", tree::kRoot, "p", true));
  CHECK(rename("p", "p", false) == Errc::exists);
  CHECK(rig.names() == std::vector<std::string>{"d", "c", "p"});
}

TEST_CASE("rename over a pending file takes its place, and its space comes back") {
  Rig rig;
  const auto free = rig.free_bytes();
  const NodeId old = rig.create("f");
  rig.write(old, 0, text_of(3 * MiB));
  const NodeId id = rig.create("f.tmp");
  rig.write(id, 0, "new");
  REQUIRE(rig.volume->rename(tree::kRoot, "f.tmp", tree::kRoot, "f", true));
  CHECK(rig.names() == std::vector<std::string>{"f"});
  CHECK(rig.read(rig.lookup("f")) == "new");
  CHECK(code_of(rig.volume->attributes(old)) == Errc::stale);
  CHECK(rig.free_bytes() == free - kUnit);
}

TEST_CASE("usage adds up") {
  Rig rig;
  (void)rig.directory("d");
  (void)rig.committed("c", "x");
  (void)rig.create("p");
  const auto usage = rig.volume->usage();
  CHECK(usage.device_bytes == 64 * MiB);
  CHECK(usage.data_bytes == 54 * MiB);
  CHECK(usage.free_bytes == 52 * MiB);
  CHECK(usage.alloc_unit == kUnit);
  CHECK(usage.log_entries == 2);
  CHECK(usage.log_capacity == 15420);
  CHECK(usage.files == 2);
  CHECK(usage.directories == 1);
  CHECK(usage.pending_files == 1);
}
