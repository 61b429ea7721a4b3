#include "last_close.h"

#include "catch.h"

#include <filesystem>
#include <fstream>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace famfs::daemon;
namespace fs = std::filesystem;

namespace {

// A /proc of our own.
class Proc {
public:
  Proc() : root_(fs::temp_directory_path() / ("famfs-test-proc." + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "sys"); // a name that is no process
  }
  Proc(const Proc&) = delete;
  Proc& operator=(const Proc&) = delete;
  ~Proc() { fs::remove_all(root_); }

  void process(int pid, int parent) {
    fs::create_directories(root_ / std::to_string(pid) / "fd");
    fs::create_directories(root_ / std::to_string(pid) / "fdinfo");
    thread(pid, pid);
    write(pid, "status",
          "Name:\tx\nTgid:\t" + std::to_string(pid) + "\nPPid:\t" + std::to_string(parent) + "\n");
    if (parent > 0) {
      const fs::path children =
          root_ / std::to_string(parent) / "task" / std::to_string(parent) / "children";
      std::ofstream(children, std::ios::app) << pid << ' ';
    }
  }
  void thread(int pid, int tid) {
    const fs::path task = root_ / std::to_string(pid) / "task" / std::to_string(tid);
    fs::create_directories(task);
    std::ofstream(task / "children", std::ios::app);
    if (tid != pid) {
      fs::create_directories(root_ / std::to_string(tid));
      write(tid, "status", "Tgid:\t" + std::to_string(pid) + "\nPPid:\t1\n");
    }
  }
  void open(int pid, int fd, const std::string& path, std::uint64_t inode, const std::string& flags,
            int mount = 29) {
    fs::create_symlink(path, root_ / std::to_string(pid) / "fd" / std::to_string(fd));
    write(pid, "fdinfo/" + std::to_string(fd),
          "pos:\t0\nflags:\t" + flags + "\nmnt_id:\t" + std::to_string(mount) + "\nino:\t" +
              std::to_string(inode) + "\n");
  }
  void mounts(int pid) {
    write(pid, "mountinfo",
          "24 1 0:5 / /dev rw - devtmpfs udev rw\n"
          "29 1 0:47 / /mnt rw,nosuid,nodev - fuse.famfs /dev/dax0.0 rw\n");
  }
  void open_before_5_14(int pid, int fd, const std::string& path) {
    open(pid, fd, path, 77, "0100002");
    write(pid, "fdinfo/" + std::to_string(fd), "pos:\t0\nflags:\t0100002\nmnt_id:\t29\n");
  }
  void close(int pid, int fd) {
    fs::remove(root_ / std::to_string(pid) / "fd" / std::to_string(fd));
    fs::remove(root_ / std::to_string(pid) / "fdinfo" / std::to_string(fd));
  }
  void exit(int pid, int heir) {
    fs::remove_all(root_ / std::to_string(pid));
    static_cast<void>(heir);
  }
  void no_children_files() {
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (entry.path().filename() == "children") {
        fs::remove(entry.path());
      }
    }
  }
  [[nodiscard]] Writers writers(int closer, Search search = Search::family) const {
    return LastClose(root_).writers(closer, search, {.inode = 77, .name = "f"});
  }
  [[nodiscard]] const fs::path& root() const { return root_; }

private:
  void write(int pid, const std::string& name, const std::string& text) {
    std::ofstream(root_ / std::to_string(pid) / name) << text;
  }
  fs::path root_;
};

// 1 - 10 (shell) - 11 (child) - 12 (grandchild); 20 elsewhere
void plant(Proc& proc) {
  proc.process(1, 0);
  proc.process(10, 1);
  proc.process(11, 10);
  proc.process(12, 11);
  proc.process(20, 1);
}

constexpr const char* kWrite = "0100001";
constexpr const char* kReadWrite = "0100002";
constexpr const char* kRead = "0100000";

} // namespace

TEST_CASE("last close: nobody else has it") {
  Proc proc;
  plant(proc);
  proc.open(10, 0, "/dev/null", 5, kReadWrite);
  CHECK(proc.writers(10) == Writers::nobody);
  CHECK(proc.writers(10, Search::everyone) == Writers::nobody);
}

TEST_CASE("last close: the closer itself, its ancestors and descendants") {
  Proc proc;
  plant(proc);
  SECTION("{ ls; date; } > f: ls exits, the shell has it") {
    proc.open(10, 1, "/mnt/d/f", 77, kWrite);
    CHECK(proc.writers(11) == Writers::others);
    CHECK(proc.writers(12) == Writers::others);
  }
  SECTION("a duplicate of its own") {
    proc.open(11, 3, "/mnt/d/f", 77, kReadWrite);
    CHECK(proc.writers(11) == Writers::closer);
  }
  SECTION("Popen(stdout=f): the parent closes, the child goes on") {
    proc.open(12, 1, "/mnt/d/f", 77, kWrite);
    CHECK(proc.writers(10) == Writers::others);
  }
  SECTION("a child of a thread that is not the first") {
    proc.thread(10, 15);
    proc.process(16, 0);
    proc.open(16, 1, "/mnt/f", 77, kWrite);
    std::ofstream(proc.root() / "10/task/15/children") << "16 ";
    CHECK(proc.writers(10) == Writers::others);
  }
  SECTION("closed by a thread that is not the first") {
    proc.thread(10, 15);
    proc.open(10, 4, "/mnt/f", 77, kWrite);
    CHECK(proc.writers(15) == Writers::closer);
    CHECK(LastClose(proc.root()).process_of(15) == 10);
  }
}

TEST_CASE("last close: the same inode number on another file system") {
  Proc proc;
  plant(proc);
  proc.mounts(10);
  proc.open(10, 0, "/dev/null", 77, kReadWrite, 24);
  CHECK(proc.writers(10) == Writers::nobody);
  proc.open(10, 1, "/mnt/f", 77, kWrite, 29);
  CHECK(proc.writers(11) == Writers::others);
  proc.close(10, 1);
  proc.open(10, 1, "/mnt/f", 77, kWrite, 30); // of a mount that was taken away
  CHECK(proc.writers(11) == Writers::others);
}

TEST_CASE("last close: outside the family only when everyone is looked at") {
  Proc proc;
  plant(proc);
  proc.open(20, 1, "/mnt/f", 77, kWrite);
  CHECK(proc.writers(11) == Writers::nobody);
  CHECK(proc.writers(11, Search::everyone) == Writers::others);
}

TEST_CASE("last close: a kernel that tells no children") {
  Proc proc;
  plant(proc);
  proc.open(12, 1, "/mnt/f", 77, kWrite);
  proc.no_children_files();
  CHECK(proc.writers(10) == Writers::others);
  proc.close(12, 1);
  CHECK(proc.writers(10) == Writers::nobody);
}

TEST_CASE("last close: what is not that file open for writing") {
  Proc proc;
  plant(proc);
  SECTION("a reader") {
    proc.open(10, 3, "/mnt/f", 77, kRead);
  }
  SECTION("O_PATH") {
    proc.open(10, 3, "/mnt/f", 77, "012000001");
  }
  SECTION("another file of that name") {
    proc.open(10, 3, "/home/f", 78, kWrite);
  }
  SECTION("another name that ends alike, where names decide") {
    proc.open_before_5_14(10, 3, "/mnt/of");
  }
  SECTION("not a file, where names decide") {
    proc.open_before_5_14(10, 3, "socket:[77]");
  }
  SECTION("no fdinfo") {
    fs::create_symlink("/mnt/f", proc.root() / "10/fd/3");
  }
  CHECK(proc.writers(11) == Writers::nobody);
}

TEST_CASE("last close: the same file under other paths") {
  Proc proc;
  plant(proc);
  SECTION("unlinked") {
    proc.open(10, 3, "/mnt/f (deleted)", 77, kWrite);
  }
  SECTION("a bind mount") {
    proc.open(10, 3, "/other/place/f", 77, kWrite);
  }
  SECTION("another namespace") {
    proc.open(10, 3, "/f", 77, kWrite);
  }
  SECTION("where names decide") {
    proc.open_before_5_14(10, 3, "/mnt/f");
  }
  CHECK(proc.writers(11) == Writers::others);
}

TEST_CASE("last close: who cannot be seen") {
  Proc proc;
  plant(proc);
  CHECK(proc.writers(0) == Writers::unknown);
  CHECK(proc.writers(999) == Writers::nobody); // gone since
  CHECK(LastClose(proc.root()).process_of(999) == 0);
  fs::remove_all(proc.root() / "10/fd"); // not ours to read
  CHECK(proc.writers(11) == Writers::nobody);
}

TEST_CASE("last close: this process, by the real /proc") {
  const fs::path path =
      fs::temp_directory_path() / ("famfs-test-close." + std::to_string(::getpid()));
  {
    const std::ofstream file(path);
    // We do not count ourselves: the daemon has no files of its own mount open.
    CHECK(LastClose().writers(::getpid(), Search::family, {.inode = 0, .name = path.filename()}) ==
          Writers::nobody);
  }
  fs::remove(path);
}

// Ten thousands of children's children do that to a stack of 8 MiB; here both are smaller.
TEST_CASE("last close: a family deeper than the stack") {
  constexpr std::size_t stack = 256UL * 1024;
  constexpr int depth = 1000;
  Proc proc;
  proc.process(1, 0);
  for (int i = 2; i <= depth; ++i) {
    proc.process(i, i - 1);
  }
  proc.open(depth, 1, "/mnt/f", 77, kWrite);
  struct Look {
    const Proc& proc;
    Writers found = Writers::unknown;
  } look{.proc = proc};
  pthread_attr_t small;
  pthread_t thread{};
  REQUIRE(::pthread_attr_init(&small) == 0);
  REQUIRE(::pthread_attr_setstacksize(&small, stack) == 0);
  const auto run = [](void* argument) -> void* {
    auto& to = *static_cast<Look*>(argument);
    to.found = to.proc.writers(2);
    return nullptr;
  };
  REQUIRE(::pthread_create(&thread, &small, run, &look) == 0);
  REQUIRE(::pthread_join(thread, nullptr) == 0);
  ::pthread_attr_destroy(&small);
  CHECK(look.found == Writers::others);
}

TEST_CASE("last close: without descriptors to look with, nobody is not the answer") {
  Proc proc;
  plant(proc);
  proc.open(10, 1, "/mnt/f", 77, kWrite);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  REQUIRE(next >= 0);
  ::close(next);
  const auto with = [&](int spare) {
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(next + spare);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    const Writers found = proc.writers(11);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    return found;
  };
  CHECK(with(0) == Writers::unseen);
  CHECK(with(1) != Writers::nobody); // a directory can be read, and what is in it not
  CHECK(with(3) == Writers::others);
}
