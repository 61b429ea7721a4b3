#include "support.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;

TEST_CASE("a client appends nothing and stores nothing in the metadata") {
  Rig rig;
  (void)rig.directory("d");
  (void)rig.committed("f", "x");
  rig.reopen(Role::client);
  CHECK(code_of(rig.volume->create(tree::kRoot, "x", {}, 0644)) == Errc::read_only);
  CHECK(code_of(rig.volume->make_directory(tree::kRoot, "x", {}, 0755)) == Errc::read_only);
  CHECK(code_of(rig.volume->create(tree::kRoot, "f", {}, 0644)) == Errc::exists);
  CHECK(code_of(rig.volume->remove(tree::kRoot, "f")) == Errc::read_only);
  CHECK(code_of(rig.volume->remove(tree::kRoot, "g")) == Errc::not_found);
  CHECK(code_of(rig.volume->rename(tree::kRoot, "f", tree::kRoot, "g", true)) == Errc::read_only);
  CHECK(rig.volume->commit_all([](auto&, auto&) {}) == 0);
  for (const Event& event : rig.memory.events()) {
    CHECK((event.op == Op::fence || event.op == Op::invalidate));
  }
}

TEST_CASE("a client sees what is committed when it follows, and nothing before") {
  Rig rig;
  (void)rig.committed("before", "x");
  Faults faults;
  auto client = *Volume::open(rig.memory, {.role = Role::client}, faults);
  const NodeId d = rig.directory("d");
  const NodeId f = rig.create("f", d);
  rig.write(f, 0, "content");
  CHECK(code_of(client->lookup(tree::kRoot, "d")) == Errc::not_found);

  auto followed = client->follow();
  REQUIRE(followed);
  CHECK(followed->entries == 1);
  CHECK(followed->directories == 1);
  CHECK(followed->files == 0);
  CHECK(followed->position == 2);
  const NodeId seen = client->lookup(tree::kRoot, "d")->id;
  CHECK(code_of(client->lookup(seen, "f")) == Errc::not_found);

  rig.commit(f);
  followed = client->follow();
  REQUIRE(followed);
  CHECK(followed->files == 1);
  std::string text(7, '?');
  REQUIRE(client->read(client->lookup(seen, "f")->id, 0, std::as_writable_bytes(std::span(text))));
  CHECK(text == "content");
  CHECK(client->follow()->entries == 0);
  CHECK(faults.all.empty());
}

TEST_CASE("a client follows piece by piece") {
  Rig rig;
  Faults faults;
  auto client = *Volume::open(rig.memory, {.role = Role::client}, faults);
  for (const char* const name : {"a", "b", "c"}) {
    (void)rig.committed(name, "x");
  }
  auto followed = client->follow(2);
  REQUIRE(followed);
  CHECK(followed->entries == 2);
  CHECK(followed->left == 1);
  CHECK(code_of(client->lookup(tree::kRoot, "c")) == Errc::not_found);
  followed = client->follow(2);
  REQUIRE(followed);
  CHECK(followed->entries == 1);
  CHECK(followed->position == 3);
  CHECK(followed->left == 0);
  CHECK(client->lookup(tree::kRoot, "c"));
}

TEST_CASE("a master follows nobody") {
  Rig rig;
  (void)rig.directory("d");
  const auto followed = rig.volume->follow();
  REQUIRE(followed);
  CHECK(followed->entries == 0);
  CHECK(followed->position == 1);
}

TEST_CASE("a client stops at a broken entry, and goes on when it is mended") {
  Rig rig;
  Faults faults;
  auto client = *Volume::open(rig.memory, {.role = Role::client}, faults);
  for (const auto* name : {"a", "b", "c"}) {
    (void)rig.directory(name);
  }
  auto& byte = rig.memory.raw()[format::entry_offset(1) + 30];
  byte ^= std::byte{1};
  auto followed = client->follow();
  REQUIRE(followed);
  CHECK(followed->entries == 1);
  CHECK(followed->faults == 1);
  CHECK(followed->position == 1);
  CHECK(faults.all.size() == 1);
  byte ^= std::byte{1};
  followed = client->follow();
  REQUIRE(followed);
  CHECK(followed->entries == 2);
  CHECK(followed->position == 3);
}

TEST_CASE("a client whose file system was made anew under it says so and keeps what it has") {
  Rig rig;
  (void)rig.committed("f", "x");
  Faults faults;
  auto client = *Volume::open(rig.memory, {.role = Role::client}, faults);
  REQUIRE(
      volume::make(rig.memory, {.log_length = 8 * MiB, .system = Uuid::random(), .force = true}));
  CHECK(code_of(client->follow()) == Errc::corrupt);
  CHECK(client->lookup(tree::kRoot, "f"));
  REQUIRE(volume::kill(rig.memory));
  CHECK(code_of(client->follow()) == Errc::corrupt);
}
