// Memory failures reach the holder: from its own process, from another, and not without a listener.
#include "base/error.h"
#include "catch.h"
#include "support.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>

#include <csignal>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace famfs;
using namespace holder_test;
using holder::ClaimMode;
using holder::Owner;
using holder::Registry;

namespace {

Result<holder::Claim> claim_with(Registry& registry, const media::Device& device,
                                 holder::FailureCallback callback) {
  const std::array devices{&device};
  return registry.claim(
      devices, Owner::make(),
      {.program = "testd", .mount_point = "", .notify_failure = std::move(callback)});
}

UniqueFd connect_to(const std::filesystem::path& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(static_cast<char*>(address.sun_path), path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
  return socket;
}

} // namespace

TEST_CASE("a memory failure reported in the holder's own process calls it") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  auto claim = claim_with(registry, device, [&](auto offset, auto length) {
    told.emplace_back(offset, length);
    CHECK(registry.holder(device.info().id)); // no mutex is held
  });
  REQUIRE(claim);
  CHECK(registry.report_failure(device.info().id, 4096, 8192));
  CHECK(told == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{4096, 8192}});
  claim->release();
  CHECK(registry.report_failure(device.info().id, 4096, 8192).error().code == Errc::unsupported);
  CHECK(told.size() == 1);
}

TEST_CASE("a memory failure reported by another process calls the holder") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child holder(scratch);
  Child reporter(scratch);
  REQUIRE(holder.ask("listen x " + path) == "ok");
  CHECK(reporter.ask("report " + path + " 4096 8192") == "ok");
  CHECK(reporter.ask("report " + path + " 0 1") == "ok");
  CHECK(holder.ask("told") == "2 0 1");
  struct stat st{};
  REQUIRE(::stat((scratch.directory() / (media::inspect(path)->id.text() + ".sock")).c_str(),
                 &st) == 0);
  CHECK((st.st_mode & 07777) == 0600);
  CHECK(holder.ask("release x") == "ok");
  CHECK(reporter.ask("report " + path + " 0 1").starts_with(std::to_string(EOPNOTSUPP)));
  CHECK(scratch.left().empty());
}

TEST_CASE("no holder, or none that listens: EOPNOTSUPP to the reporter") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child holder(scratch);
  Child reporter(scratch);
  const std::string refused = reporter.ask("report " + path + " 0 1");
  CHECK(refused.starts_with(std::to_string(EOPNOTSUPP)));
  CHECK(contains(refused, "nobody holds it"));
  REQUIRE(holder.ask("claim x hold - " + path) == "ok");
  for (Child* child : {&reporter, &holder}) {
    const std::string deaf = child->ask("report " + path + " 0 1");
    CHECK(deaf.starts_with(std::to_string(EOPNOTSUPP)));
    CHECK(contains(deaf, "does not listen"));
  }
}

TEST_CASE("a range that wraps or is empty is refused") {
  const Scratch scratch;
  Registry registry(scratch.options());
  const media::Device device = scratch.device("dev");
  std::atomic<int> told = 0;
  const auto claim = claim_with(registry, device, [&](auto, auto) { ++told; });
  REQUIRE(claim);
  const auto& id = device.info().id;
  CHECK(registry.report_failure(id, 0, 0).error().code == Errc::invalid);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  CHECK(registry.report_failure(id, most, 1).error().code == Errc::invalid);
  CHECK(told == 0);
}

TEST_CASE("only root and the holder's user are heard") {
  if (::geteuid() != 0) {
    WARN("not run: to become another user needs root");
    return;
  }
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child holder(scratch);
  REQUIRE(holder.ask("listen x " + path) == "ok");
  Child user({.directory = scratch.directory(), .uid = 65534});
  if (!user.started()) {
    WARN("not run: another user may not execute this program where it is");
    return;
  }
  CHECK(user.ask("report " + path + " 0 1").starts_with(std::to_string(EACCES)));
  // And where the socket's mode does not stop it.
  const auto socket = scratch.directory() / (media::inspect(path)->id.text() + ".sock");
  std::filesystem::permissions(socket, std::filesystem::perms(0666));
  CHECK(user.ask("report " + path + " 0 1").starts_with(std::to_string(EPERM)));
  CHECK(holder.ask("told") == "0 0 0");
}

TEST_CASE("clients that are silent, gone or talk nonsense keep no one from being heard") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry reporter(scratch.options());
  const media::Device device = scratch.device("dev");
  std::atomic<int> told = 0;
  const auto claim = claim_with(registry, device, [&](auto, auto) { ++told; });
  REQUIRE(claim);
  const auto socket = scratch.directory() / (device.info().id.text() + ".sock");
  const UniqueFd silent = connect_to(socket);
  {
    const UniqueFd gone = connect_to(socket);
  }
  for (const std::size_t length : {1UL, 15UL, 17UL, 4096UL}) {
    const UniqueFd odd = connect_to(socket);
    const std::string nonsense(length, 'x');
    REQUIRE(::send(odd.get(), nonsense.data(), length, MSG_NOSIGNAL) > 0);
    int reply = 0;
    REQUIRE(::recv(odd.get(), &reply, sizeof reply, 0) == sizeof reply);
    CHECK(reply == EINVAL);
  }
  CHECK(reporter.report_failure(device.info().id, 0, 1));
  CHECK(told == 1);
}

TEST_CASE("a report that comes when the holder has no descriptor left is heard when it has one") {
  const Scratch scratch;
  const std::string path = scratch.make("dev");
  Child holder(scratch);
  Child reporter(scratch);
  REQUIRE(holder.ask("listen x " + path) == "ok");
  const auto limit = GENERATE(rlim_t{0}, rlim_t{3}); // poll(2) fails, accept(2) does
  rlimit before{};
  REQUIRE(::prlimit(holder.pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit no_more{.rlim_cur = limit, .rlim_max = before.rlim_max};
  REQUIRE(::prlimit(holder.pid(), RLIMIT_NOFILE, &no_more, nullptr) == 0);
  reporter.send("report " + path + " 4096 8192");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  REQUIRE(::prlimit(holder.pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(reporter.answer() == "ok");
}

TEST_CASE("a registry can go when the limit of descriptors lets it listen no more") {
  const Scratch scratch;
  const media::Device device = scratch.device("dev");
  auto registry = std::make_unique<Registry>(scratch.options());
  auto claim = claim_with(*registry, device, [](auto, auto) {});
  REQUIRE(claim);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  claim->release(); // the thread looks at what is left, and meets the limit
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  registry.reset();
  CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("a callback that throws is an error to the reporter, and the listener goes on") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry reporter(scratch.options());
  const media::Device device = scratch.device("dev");
  std::atomic<int> told = 0;
  const auto claim = claim_with(registry, device, [&](auto, auto) {
    if (++told == 1) {
      throw std::runtime_error("on purpose");
    }
  });
  REQUIRE(claim);
  const CapturedLog captured;
  CHECK(reporter.report_failure(device.info().id, 0, 1).error().code == Errc::io);
  CHECK(reporter.report_failure(device.info().id, 0, 1));
  CHECK(contains(captured.text(), "on purpose"));
}

TEST_CASE("a release waits for the callback that runs; a callback may release its own claim") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry reporter(scratch.options());
  const media::Device device = scratch.device("dev");
  std::promise<void> inside;
  std::promise<void> go_on;
  std::atomic<bool> done = false;
  auto claim = claim_with(registry, device, [&](auto, auto) {
    inside.set_value();
    go_on.get_future().wait();
    done = true;
  });
  REQUIRE(claim);
  std::thread report([&] { CHECK(reporter.report_failure(device.info().id, 0, 1)); });
  inside.get_future().wait();
  bool was_done = false;
  std::thread release([&] {
    claim->release();
    was_done = done;
  });
  go_on.set_value();
  release.join();
  report.join();
  CHECK(was_done);

  holder::Claim own;
  auto taken = claim_with(registry, device, [&](auto, auto) { own.release(); });
  REQUIRE(taken);
  own = std::move(*taken);
  CHECK(reporter.report_failure(device.info().id, 0, 1));
  CHECK_FALSE(own);
  CHECK_FALSE(reporter.holder(device.info().id));
}

TEST_CASE(
    "one thread listens for all claims, with the program's signals blocked, and ends in time") {
  const Scratch scratch;
  const auto listeners = [](std::uint64_t* blocked) {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream status(task.path() / "status");
      bool ours = false;
      for (std::string line; std::getline(status, line);) {
        ours = ours || line == "Name:\tfamfs-failure";
        if (ours && line.starts_with("SigBlk:")) {
          *blocked = std::stoull(line.substr(8), nullptr, 16);
        }
      }
      count += ours ? 1 : 0;
    }
    return count;
  };
  const auto bit = [](int number) { return std::uint64_t{1} << (number - 1); };
  std::uint64_t blocked = 0;
  const media::Device device = scratch.device("dev");
  const media::Device second = scratch.device("second");
  {
    Registry registry(scratch.options());
    const auto deaf = claim_with(registry, device, {});
    CHECK(listeners(&blocked) == 0);
    const auto one = claim_with(registry, second, [](auto, auto) {});
    Registry reporter(scratch.options());
    REQUIRE(reporter.report_failure(second.info().id, 0, 1)); // the thread has its name by now
    CHECK(listeners(&blocked) == 1);
    CHECK((blocked & bit(SIGTERM)) != 0);
    CHECK((blocked & bit(SIGUSR1)) != 0);
    CHECK((blocked & bit(SIGBUS)) == 0);
    CHECK((blocked & bit(SIGSEGV)) == 0);
  }
  CHECK(listeners(&blocked) == 0);
}

TEST_CASE("reports, claims and releases at once") {
  const Scratch scratch;
  Registry registry(scratch.options());
  Registry reporter(scratch.options());
  const media::Device device = scratch.device("dev");
  std::atomic<int> told = 0;
  std::atomic<int> accepted = 0;
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> threads;
    for (Registry* from : {&registry, &reporter}) {
      threads.emplace_back([&, from] {
        while (!stop) {
          const auto reported = from->report_failure(device.info().id, 0, 1);
          accepted += reported ? 1 : 0;
        }
      });
    }
    for (int i = 0; i < 200; ++i) {
      const auto claim = claim_with(registry, device, [&](auto, auto) { ++told; });
      CHECK(claim);
    }
    const auto last = claim_with(registry, device, [&](auto, auto) { ++told; });
    CHECK(last);
    while (told == 0) {
      std::this_thread::yield();
    }
    stop = true;
  }
  CHECK(told >= accepted);
}
