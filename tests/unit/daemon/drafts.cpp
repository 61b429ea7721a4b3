#include "drafts.h"

#include "catch.h"

#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <set>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace famfs::daemon;
using namespace std::chrono_literals;

namespace {

// What the waiting thread commits.
class Committed {
public:
  void add(std::uint64_t node) {
    const std::lock_guard lock(mutex_);
    nodes_.insert(node);
    changed_.notify_all();
  }
  // For ever, in effect: a test that fails here is broken, not slow.
  bool wait_for(std::uint64_t node) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [&] { return nodes_.contains(node); });
  }
  bool has(std::uint64_t node) {
    const std::lock_guard lock(mutex_);
    return nodes_.contains(node);
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::uint64_t> nodes_;
};

// A child that lives until told.
class Child {
public:
  Child() {
    REQUIRE(::pipe(ends_) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends_[1]);
      char byte = 0;
      static_cast<void>(::read(ends_[0], &byte, 1) >= 0);
      ::_exit(0);
    }
    ::close(ends_[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void end() {
    if (ends_[1] >= 0) {
      ::close(ends_[1]);
      ends_[1] = -1;
      ::waitpid(pid_, nullptr, 0);
    }
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

private:
  int ends_[2]{};
  pid_t pid_ = 0;
};

} // namespace

TEST_CASE("drafts: which files are made as one") {
  constexpr int made = O_CREAT | O_EXCL | O_WRONLY;
  CHECK(Drafts::is_draft(made, 0600, 022));
  CHECK(Drafts::is_draft(made, 0600, 0));
  CHECK(Drafts::is_draft(made, 0700, 022));
  CHECK_FALSE(Drafts::is_draft(made, 0644, 022));
  CHECK_FALSE(Drafts::is_draft(made, 0600, 077)); // the umask's doing: cp under a private umask
  CHECK_FALSE(Drafts::is_draft(O_CREAT | O_WRONLY, 0600, 022));
  constexpr int temporary = O_CREAT | O_EXCL | O_RDWR;
  CHECK(Drafts::is_draft(temporary, 0600, 077));
  CHECK_FALSE(Drafts::is_draft(temporary, 0644, 022));
  CHECK(Drafts::is_temporary(temporary));
  CHECK_FALSE(Drafts::is_temporary(made));
}

TEST_CASE("drafts: which are to be renamed") {
  Drafts drafts([](std::uint64_t) {}, 1h);
  drafts.add(1);
  drafts.add(2, true);
  CHECK_FALSE(drafts.awaits_name(1));
  CHECK(drafts.awaits_name(2));
  CHECK_FALSE(drafts.awaits_name(3));
}

TEST_CASE("drafts: one that is kept waits for its process, not for time") {
  Committed committed;
  Child child;
  Drafts drafts([&](std::uint64_t node) { committed.add(node); }, 30ms);
  drafts.add(1);
  drafts.add(2);
  CHECK(drafts.close(1, child.pid()));
  drafts.keep(1);
  CHECK(drafts.close(2, 0));
  drafts.keep(2); // nothing else would end it
  CHECK(committed.wait_for(2));
  CHECK_FALSE(committed.has(1));
  child.end();
  CHECK(committed.wait_for(1));
}

TEST_CASE("drafts: committed when the process that closed it is gone") {
  Committed committed;
  Child child;
  Drafts drafts([&](std::uint64_t node) { committed.add(node); }, 1h);
  drafts.add(1);
  CHECK(drafts.contains(1));
  CHECK_FALSE(drafts.is_closed(1));
  CHECK(drafts.close(1, child.pid()));
  CHECK(drafts.is_closed(1));
  CHECK(drafts.closed() == std::vector<std::uint64_t>{1});
  CHECK_FALSE(committed.has(1));
  child.end();
  CHECK(committed.wait_for(1));
  CHECK_FALSE(drafts.contains(1));
}

TEST_CASE("drafts: committed after a while") {
  Committed committed;
  Drafts drafts([&](std::uint64_t node) { committed.add(node); }, 30ms);
  drafts.add(1);
  drafts.add(2);
  SECTION("by a process that stays") {
    CHECK(drafts.close(1, ::getpid()));
  }
  SECTION("by nobody knows whom") {
    CHECK(drafts.close(1, 0));
  }
  CHECK(committed.wait_for(1));
  CHECK(drafts.contains(2)); // it is still open
  CHECK_FALSE(committed.has(2));
}

TEST_CASE("drafts: ended by rename or chmod") {
  Committed committed;
  Drafts drafts([&](std::uint64_t node) { committed.add(node); }, 1h);
  drafts.add(1);
  CHECK_FALSE(drafts.end(1)); // open: its close commits it
  CHECK_FALSE(drafts.contains(1));
  CHECK_FALSE(drafts.close(1, 0));
  drafts.add(2);
  CHECK(drafts.close(2, 0));
  CHECK(drafts.end(2)); // closed: commit it now
  CHECK_FALSE(drafts.end(2));
}

TEST_CASE("drafts: many of one process need one descriptor") {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  Committed committed;
  Child child;
  Child other;
  Drafts drafts([&](std::uint64_t node) { committed.add(node); }, 1h);
  const auto before = descriptors();
  for (std::uint64_t node = 0; node < 100; ++node) {
    drafts.add(node);
    CHECK(drafts.close(node, child.pid()));
  }
  drafts.add(100);
  CHECK(drafts.close(100, other.pid()));
  CHECK(descriptors() - before == 2);
  other.end(); // before the one whose pipe it has inherited
  CHECK(committed.wait_for(100));
  CHECK(drafts.contains(0));
  child.end();
  for (std::uint64_t node = 0; node < 100; ++node) {
    REQUIRE(committed.wait_for(node));
  }
}

TEST_CASE("drafts: opened for writing again") {
  Committed committed;
  Child child;
  Drafts drafts([&](std::uint64_t node) { committed.add(node); }, 1h);
  drafts.add(1);
  drafts.add(2);
  CHECK(drafts.close(1, child.pid()));
  drafts.reopen(1);
  CHECK(drafts.close(2, child.pid()));
  child.end();
  CHECK(committed.wait_for(2));
  CHECK(drafts.contains(1));
  CHECK_FALSE(drafts.end(1));
}
