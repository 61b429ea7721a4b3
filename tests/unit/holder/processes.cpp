// The table "Holder registry" of docs/architecture.md, across processes.
#include "base/error.h"
#include "catch.h"
#include "support.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>

#include <unistd.h>

using namespace famfs;
using namespace holder_test;
using holder::ClaimMode;
using holder::Owner;
using holder::Registry;

namespace {

bool busy(const std::string& answer) {
  return answer.starts_with(std::to_string(EBUSY) + " ");
}

// Every digit becomes 0, and so does the sign of a time zone.
std::string shape(std::string text) {
  const auto sign = text.find_first_of("+-", text.find('T'));
  if (sign != std::string::npos) {
    text[sign] = '+';
  }
  std::ranges::replace_if(text, [](char c) { return c >= '0' && c <= '9'; }, '0');
  return text;
}

} // namespace

TEST_CASE("two claims at once from two processes: one has it, the other is told who") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child one(scratch);
  Child two(scratch);
  REQUIRE(one.started());
  REQUIRE(two.started());
  for (int i = 0; i < 30; ++i) {
    CAPTURE(i);
    one.send("claim x hold /mnt/a " + path);
    two.send("claim x hold /mnt/a " + path);
    const std::string first = one.answer();
    const std::string second = two.answer();
    CAPTURE(first, second);
    REQUIRE((first == "ok") != (second == "ok"));
    const std::string& refused = first == "ok" ? second : first;
    CHECK(busy(refused));
    const Child& winner = first == "ok" ? one : two;
    const std::string named =
        fmt::format("{}: held by childd (pid {}), mounted on /mnt/a since ", path, winner.pid());
    REQUIRE(contains(refused, named));
    const std::string rest = refused.substr(refused.find(named) + named.size());
    CHECK(shape(rest) == "0000-00-00T00:00:00+00:00: unmount it first");
    REQUIRE(one.ask("release x") == "ok");
    REQUIRE(two.ask("release x") == "ok");
  }
  CHECK(scratch.left().empty());
}

TEST_CASE("the holder is killed: its claim is gone at once, the next one notes the stale record") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child next(scratch);
  REQUIRE(next.started());
  std::string pid;
  {
    Child holder(scratch);
    REQUIRE(holder.ask("listen x " + path) == "ok");
    pid = std::to_string(holder.pid());
    REQUIRE(busy(next.ask("claim x hold - " + path)));
    holder.kill();
  }
  Registry registry(scratch.options());
  const auto id = media::inspect(path)->id;
  CHECK_FALSE(registry.holder(id));
  REQUIRE(registry.list().size() == 1);
  CHECK_FALSE(registry.list()[0].live);
  CHECK(registry.report_failure(id, 0, 1).error().code == Errc::unsupported);
  CHECK(next.ask("claim x hold - " + path) == "ok");
  CHECK(contains(next.log(), "stale record: its process is gone: childd (pid " + pid + ")"));
  REQUIRE(registry.list().size() == 1);
  CHECK(registry.list()[0].live);
  CHECK(registry.list()[0].pid == next.pid());
  CHECK(next.ask("release x") == "ok");
  CHECK(scratch.left().empty());
}

TEST_CASE("an observer is killed: it stops nobody any more, and its record goes") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child next(scratch);
  {
    Child observer(scratch);
    REQUIRE(observer.ask("claim x observe - " + path) == "ok");
    REQUIRE(busy(next.ask("claim x hold_alone - " + path)));
    observer.kill();
  }
  CHECK(next.ask("claim x hold_alone - " + path) == "ok");
  CHECK(contains(next.log(), "stale record"));
  CHECK(next.ask("release x") == "ok");
  CHECK(scratch.left().empty());
}

TEST_CASE("mkfs and repair want the device alone: EBUSY beside a mount or an observer") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child mount(scratch);
  Child tool(scratch);
  REQUIRE(mount.ask("claim x hold /mnt/a " + path) == "ok");
  CHECK(busy(tool.ask("claim x hold_alone - " + path)));
  CHECK(tool.ask("claim x observe - " + path) == "ok");
  CHECK(mount.ask("release x") == "ok");
  const std::string refused = mount.ask("claim x hold_alone - " + path);
  CHECK(busy(refused));
  CHECK(contains(refused, "observed by childd (pid " + std::to_string(tool.pid()) + ")"));
  CHECK(tool.ask("release x") == "ok");
  CHECK(mount.ask("claim x hold_alone - " + path) == "ok");
  CHECK(busy(tool.ask("claim x observe - " + path)));
}

TEST_CASE("two processes want the same set in other orders: one has all, the other none") {
  const Scratch scratch;
  const std::string a = scratch.make("a");
  const std::string b = scratch.make("b");
  const std::string c = scratch.make("c");
  Child one(scratch);
  Child two(scratch);
  REQUIRE(one.started());
  REQUIRE(two.started());
  for (int i = 0; i < 30; ++i) {
    CAPTURE(i);
    one.send("claim x hold - " + a + " " + b + " " + c);
    two.send("claim x hold - " + c + " " + a + " " + b);
    const std::string first = one.answer();
    const std::string second = two.answer();
    CAPTURE(first, second);
    REQUIRE((first == "ok") != (second == "ok"));
    Child& winner = first == "ok" ? one : two;
    Child& loser = first == "ok" ? two : one;
    REQUIRE(winner.ask("release x") == "ok");
    REQUIRE(loser.ask("claim x hold - " + b) == "ok");
    REQUIRE(loser.ask("release x") == "ok");
  }
}

TEST_CASE("looking never gets in a claim's way") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  const auto id = media::inspect(path)->id;
  Registry registry(scratch.options());
  Child child(scratch);
  child.send("cycle " + path + " 300");
  std::string answer;
  std::thread waiting([&] { answer = child.answer(); });
  int seen = 0;
  for (int i = 0; i < 3000; ++i) {
    seen += registry.holder(id) ? 1 : 0;
    for (const auto& record : registry.list()) {
      CHECK(record.device == id);
      seen += record.live ? 1 : 0;
    }
  }
  waiting.join();
  CHECK(answer == "ok");
  CHECK(seen > 0);
}

TEST_CASE(
    "another mount namespace, with a directory of its own, is excluded by the device itself") {
  if (::geteuid() != 0) {
    WARN("not run: to make a mount namespace needs root");
    return;
  }
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child here(scratch);
  REQUIRE(here.ask("claim x hold - " + path) == "ok"); // makes the directory, too
  Child there({.directory = scratch.directory(), .own_mount_namespace = true});
  if (!there.started()) {
    WARN("not run: this machine does not let root make a mount namespace");
    return;
  }
  const std::string refused = there.ask("claim x hold - " + path);
  CHECK(busy(refused));
  CHECK(contains(refused, "held by a process that left no record (pid " +
                              std::to_string(here.pid()) + ", "));
  CHECK(here.ask("release x") == "ok");
  CHECK(there.ask("claim x hold - " + path) == "ok");
  CHECK(busy(here.ask("claim x hold - " + path)));
}

TEST_CASE("an ordinary user, who cannot write records, is excluded by the device and excludes") {
  if (::geteuid() != 0) {
    WARN("not run: to become another user needs root");
    return;
  }
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  Child root(scratch);
  REQUIRE(root.ask("claim x hold /mnt/a " + path) == "ok");
  Child user({.directory = scratch.directory(), .uid = 65534});
  if (!user.started()) {
    WARN("not run: another user may not execute this program where it is");
    return;
  }
  const std::string refused = user.ask("claim x hold - " + path);
  CHECK(busy(refused));
  CHECK(contains(refused, "held by childd (pid " + std::to_string(root.pid()) + "), mounted on"));
  CHECK(root.ask("release x") == "ok");
  CHECK(user.ask("claim x hold - " + path) == "ok");
  CHECK(contains(user.log(), "claimed without a record"));
  CHECK(busy(root.ask("claim x hold - " + path)));
  CHECK(user.ask("release x") == "ok");
  CHECK(root.ask("claim x hold - " + path) == "ok");
}
