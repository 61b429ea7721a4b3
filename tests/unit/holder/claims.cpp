// The table "Holder registry" of docs/architecture.md within one process; processes.cpp has the
// rest.
#include "base/error.h"
#include "catch.h"
#include "support.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace famfs;
using namespace holder_test;
using holder::ClaimMode;
using holder::Owner;
using holder::Registry;

namespace {

const holder::HolderInfo kInfo{.program = "testd", .mount_point = "/mnt/t", .notify_failure = {}};

Result<holder::Claim> claim_one(Registry& registry, const media::Device& device, const Owner& owner,
                                ClaimMode mode = ClaimMode::hold) {
  const std::array devices{&device};
  return registry.claim(devices, owner, kInfo, mode);
}

} // namespace

TEST_CASE("a device that is missing, replaced or of size zero cannot be claimed: ENODEV") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  SECTION("missing") {
    std::filesystem::remove(device.info().path);
  }
  SECTION("size zero") {
    std::filesystem::resize_file(device.info().path, 0);
  }
  SECTION("replaced") {
    const auto path = device.info().path;
    std::filesystem::rename(path, path + ".old");
    static_cast<void>(scratch.make("dev"));
  }
  const auto claim = claim_one(registry, device, Owner::make());
  REQUIRE_FALSE(claim);
  CHECK(claim.error().code == Errc::no_device);
  CHECK(contains(claim.error().message, device.info().path));
  CHECK(scratch.left().empty());
}

TEST_CASE(
    "what is no device of ours cannot be claimed: EOPNOTSUPP, and the message says what it is") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  std::filesystem::remove(device.info().path);
  std::filesystem::create_directory(device.info().path);
  const auto claim = claim_one(registry, device, Owner::make());
  REQUIRE_FALSE(claim);
  CHECK(claim.error().code == Errc::unsupported);
  CHECK(contains(claim.error().message, "directory"));
}

TEST_CASE("a claim without a device or an owner is refused") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  CHECK(registry.claim({}, Owner::make(), kInfo).error().code == Errc::invalid);
  CHECK(claim_one(registry, device, Owner{}).error().code == Errc::invalid);
  const std::array<const media::Device*, 1> none{nullptr};
  CHECK(registry.claim(none, Owner::make(), kInfo).error().code == Errc::invalid);
}

TEST_CASE("held by another owner of this process: EBUSY, in the same registry and in another") {
  const Scratch scratch;
  Registry first(scratch.options());
  Registry second(scratch.options());
  const media::Device device = scratch.device("dev");
  const auto claim = claim_one(first, device, Owner::make());
  REQUIRE(claim);
  for (Registry* registry : {&first, &second}) {
    const auto refused = claim_one(*registry, device, Owner::make());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::busy);
    CHECK(contains(refused.error().message, "testd (pid " + std::to_string(::getpid()) + ")"));
    CHECK(contains(refused.error().message, "mounted on /mnt/t since "));
  }
}

TEST_CASE("claimed again by the same owner: counted, one release each") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  const Owner owner = Owner::make();
  auto first = claim_one(registry, device, owner);
  auto second = claim_one(registry, device, owner);
  auto third =
      claim_one(registry, device, owner, ClaimMode::observe); // it holds it: one more count
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(third);
  third->release();
  first->release();
  first->release(); // gives nothing more
  CHECK_FALSE(*first);
  CHECK(claim_one(registry, device, Owner::make()).error().code == Errc::busy);
  second->release();
  CHECK(claim_one(registry, device, Owner::make()));
}

TEST_CASE("claimed twice in one set: two counts, given back together") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  const Owner owner = Owner::make();
  const std::array devices{&device, &device};
  {
    const auto claim = registry.claim(devices, owner, kInfo);
    REQUIRE(claim);
    CHECK(registry.release(device.info().id, owner));
    CHECK(registry.holder(device.info().id));
  }
  CHECK_FALSE(registry.holder(device.info().id));
}

TEST_CASE("released by one who is not the owner: refused and logged, and the claim stands") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry other(scratch.options());
  const media::Device device = scratch.device("dev");
  const Owner owner = Owner::make();
  const auto claim = claim_one(registry, device, owner);
  REQUIRE(claim);
  std::string log;
  {
    const CapturedLog captured;
    CHECK(registry.release(device.info().id, Owner::make()).error().code == Errc::not_permitted);
    CHECK(other.release(device.info().id, owner).error().code == Errc::not_permitted);
    log = captured.text();
  }
  CHECK(contains(log,
                 device.info().id.text() + ": released by one who is not its owner (testd (pid"));
  CHECK(contains(log, "nobody of this process has it"));
  CHECK(registry.holder(device.info().id));
  CHECK(claim_one(other, device, Owner::make()).error().code == Errc::busy);
  CHECK(registry.release(device.info().id, owner));
  CHECK(claim_one(other, device, Owner::make()));
}

TEST_CASE("what is held but not alone cannot be had alone by the same owner") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  const Owner owner = Owner::make();
  const auto claim = claim_one(registry, device, owner);
  REQUIRE(claim);
  CHECK(claim_one(registry, device, owner, ClaimMode::hold_alone).error().code == Errc::invalid);
}

TEST_CASE("observers stop nobody but one who wants the device alone") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry other(scratch.options());
  const media::Device device = scratch.device("dev");
  auto one = claim_one(registry, device, Owner::make(), ClaimMode::observe);
  auto two = claim_one(other, device, Owner::make(), ClaimMode::observe);
  auto holder = claim_one(registry, device, Owner::make());
  REQUIRE(one);
  REQUIRE(two);
  REQUIRE(holder);
  CHECK(registry.list().size() == 3);
  holder->release();
  const auto refused = claim_one(other, device, Owner::make(), ClaimMode::hold_alone);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::busy);
  CHECK(contains(refused.error().message, "observed by testd (pid"));
  CHECK(claim_one(other, device, Owner::make())); // and it left the device free
  one->release();
  CHECK_FALSE(claim_one(other, device, Owner::make(), ClaimMode::hold_alone));
  two->release();
  const auto alone = claim_one(other, device, Owner::make(), ClaimMode::hold_alone);
  REQUIRE(alone);
  const auto observer = claim_one(registry, device, Owner::make(), ClaimMode::observe);
  REQUIRE_FALSE(observer);
  CHECK(observer.error().code == Errc::busy);
  CHECK(contains(observer.error().message, "held by testd (pid"));
}

TEST_CASE("several devices: all or none, rolled back on the first refusal, every one released") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry other(scratch.options());
  std::vector<media::Device> devices;
  for (const char* name : {"a", "b", "c"}) {
    devices.push_back(scratch.device(name));
  }
  for (std::size_t taken = 0; taken < devices.size(); ++taken) {
    CAPTURE(taken);
    const auto one = claim_one(other, devices[taken], Owner::make());
    REQUIRE(one);
    const std::array all{&devices[2], &devices[0], &devices[1]};
    const auto refused = registry.claim(all, Owner::make(), kInfo);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::busy);
    CHECK(contains(refused.error().message, devices[taken].info().path + ": held by"));
    for (std::size_t i = 0; i < devices.size(); ++i) {
      if (i != taken) {
        CHECK(claim_one(other, devices[i], Owner::make()));
      }
    }
  }
  const std::array all{&devices[2], &devices[0], &devices[1]};
  {
    // Two refuse it: the first of them in DeviceId order is the one that is met.
    const auto one = claim_one(other, devices[1], Owner::make());
    const auto two = claim_one(other, devices[2], Owner::make());
    const auto& first = devices[1].info().id < devices[2].info().id ? devices[1] : devices[2];
    for (const auto& set : {all, std::array{&devices[1], &devices[2], &devices[0]}}) {
      const auto refused = registry.claim(set, Owner::make(), kInfo);
      REQUIRE_FALSE(refused);
      CHECK(contains(refused.error().message, first.info().path + ": held by"));
    }
  }
  auto claim = registry.claim(all, Owner::make(), kInfo);
  REQUIRE(claim);
  for (const auto& device : devices) {
    CHECK(claim_one(other, device, Owner::make()).error().code == Errc::busy);
  }
  claim->release();
  for (const auto& device : devices) {
    CHECK(claim_one(other, device, Owner::make()));
  }
  CHECK(scratch.left().empty());
}

TEST_CASE("another name of the same device is the same device") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry other(scratch.options());
  const media::Device device = scratch.device("dev");
  const auto link = scratch.path() / "link";
  SECTION("hard link") {
    std::filesystem::create_hard_link(device.info().path, link);
  }
  SECTION("symlink") {
    std::filesystem::create_symlink(device.info().path, link);
  }
  const auto claim = claim_one(registry, device, Owner::make());
  REQUIRE(claim);
  CHECK(claim_one(other, open_device(link), Owner::make()).error().code == Errc::busy);
}

TEST_CASE("a lock without a record is named by its process, as far as the kernel tells") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  const UniqueFd foreign(::open(device.info().path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(foreign.get(), LOCK_EX) == 0);
  const auto refused = claim_one(registry, device, Owner::make());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::busy);
  CHECK(contains(refused.error().message, "held by a process that left no record (pid " +
                                              std::to_string(::getpid()) + ", "));
  const auto holder = registry.holder(device.info().id);
  REQUIRE(holder);
  CHECK(holder->pid == ::getpid());
}

TEST_CASE("claims outlive their registry; a moved-to claim gives back what it had") {
  const Scratch scratch;
  Registry other(scratch.options());
  const media::Device device = scratch.device("dev");
  const media::Device second = scratch.device("second");
  holder::Claim claim;
  {
    Registry registry(scratch.options());
    claim = std::move(*claim_one(registry, device, Owner::make()));
    CHECK(claim_one(other, device, Owner::make()).error().code == Errc::busy);
    claim = std::move(*claim_one(registry, second, Owner::make()));
    CHECK(claim_one(other, device, Owner::make()));
  }
  CHECK(claim_one(other, second, Owner::make()).error().code == Errc::busy);
  claim.release();
  CHECK(claim_one(other, second, Owner::make()));
}

TEST_CASE("nothing that a claim opened leaks through exec, and a release closes it") {
  const Scratch scratch;
  const media::Device device = scratch.device("dev");
  const auto open_now = [] {
    std::set<int> fds;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      const int fd = std::stoi(entry.path().filename());
      if (::fcntl(fd, F_GETFD) >= 0) {
        fds.insert(fd);
      }
    }
    return fds;
  };
  const auto before = open_now();
  {
    Registry registry(scratch.options());
    const std::array devices{&device};
    const auto claim = registry.claim(
        devices, Owner::make(),
        {.program = "testd", .mount_point = "", .notify_failure = [](auto, auto) {}});
    const auto observer = claim_one(registry, device, Owner::make(), ClaimMode::observe);
    REQUIRE(claim);
    REQUIRE(observer);
    const auto now = open_now();
    CHECK(now.size() > before.size() + 5);
    for (const int fd : now) {
      if (!before.contains(fd)) {
        CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
      }
    }
  }
  CHECK(open_now() == before);
}

TEST_CASE("a forked child that ends gives back nothing of its parent's") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry other(scratch.options());
  const media::Device device = scratch.device("dev");
  auto claim = claim_one(registry, device, Owner::make());
  REQUIRE(claim);
  const pid_t child = ::fork();
  if (child == 0) {
    claim->release();
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(other.holder(device.info().id));
  CHECK(claim_one(other, device, Owner::make()).error().code == Errc::busy);
}

TEST_CASE("threads that claim and release one device never have it together") {
  const Scratch scratch;
  Registry first(scratch.options());
  Registry second(scratch.options());
  const media::Device device = scratch.device("dev");
  std::atomic<int> holders = 0;
  std::atomic<int> together = 0;
  std::atomic<int> wins = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const Owner owner = Owner::make();
        for (int n = 0; n < 50; ++n) {
          const auto claim = claim_one(i % 2 == 0 ? first : second, device, owner);
          if (claim) {
            together += holders.fetch_add(1);
            ++wins;
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
