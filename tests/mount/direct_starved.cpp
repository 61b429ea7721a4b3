// direct_starved famfs|libc FILE DEVICE  every memory call on a map of FILE, with each system call
// that it makes failed in turn for want of memory or descriptors, malloc too; then at the limit of
// descriptors. It is the documented error or success, what was there stays, nothing is left behind,
// and the same call succeeds afterwards.
#include "direct_calls.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace {
thread_local bool no_malloc = false;
}

extern "C" void* __libc_malloc(size_t size); // NOLINT(bugprone-reserved-identifier): glibc's own
extern "C" void* malloc(size_t size) {
  if (no_malloc) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(size);
}

namespace {

[[noreturn]] void give_up(const std::string& what) {
  printf("FAILED: %s: %s\n", what.c_str(), strerror(errno));
  fflush(stdout);
  _exit(1);
}

const std::vector<long> kMemoryCalls{SYS_mmap,    SYS_munmap, SYS_mremap, SYS_mprotect,
                                     SYS_madvise, SYS_ioctl,  SYS_openat, SYS_pread64};
const std::vector<long> kDescriptorCalls{SYS_openat};

// Stands between this thread and the kernel: a second thread answers those of its system calls that
// may fail.
class Kernel {
public:
  Kernel() : answering_([this] { answer(); }) { answering_.detach(); }

  // From now on: of these calls the n-th from here fails, the first being 0.
  void fail(const std::vector<long>& calls, long n, int error) {
    calls_ = &calls;
    error_ = error;
    left_ = n;
  }
  // True: none did fail.
  bool heal() { return left_.exchange(-1) >= 0; }

  void listen() {
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    for (const long call : kMemoryCalls) {
      program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
      program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
      give_up("no_new_privs");
    }
    const long fd =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
    if (fd < 0) {
      give_up("seccomp");
    }
    fd_ = static_cast<int>(fd);
    fd_.notify_one();
  }

private:
  void answer() {
    fd_.wait(-1);
    for (;;) {
      seccomp_notif asked{};
      if (ioctl(fd_, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
        continue;
      }
      seccomp_notif_resp reply{};
      reply.id = asked.id;
      if (is_next(asked.data)) {
        reply.error = -error_;
      } else {
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      }
      ioctl(fd_, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
  }
  bool is_next(const seccomp_data& asked) {
    // munmap(2) fails where it has to split a mapping: not of a pin, which is one page and merges
    // with nothing.
    if (left_ < 0 || (asked.nr == SYS_munmap && asked.args[1] == kPage)) {
      return false;
    }
    for (const long one : *calls_) {
      if (one == asked.nr) {
        return left_-- == 0;
      }
    }
    return false;
  }

  std::atomic<int> fd_{-1};
  const std::vector<long>* calls_ = nullptr;
  int error_ = 0;
  std::atomic<long> left_{-1}; // last: what fail() set before is seen with it
  std::thread answering_;
};

// What could be left behind: descriptors, and mappings of the device, of files, or without access.
struct Held {
  size_t descriptors = 0;
  std::vector<std::string> mappings;
  bool operator==(const Held&) const = default;
};

Held held(const std::string& device, const std::string& mount) {
  Held now;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    now.descriptors += one.exists() ? 1 : 0;
  }
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.contains(device) || line.contains(mount) || line.contains("---s") ||
        line.contains("---p 00000000 00:00")) {
      now.mappings.push_back(line);
    }
  }
  return now;
}

struct Map {
  char* at = nullptr;
  size_t length = 0;
};

struct Step {
  const char* name;
  size_t share;                 // of the file that is mapped before, in halves
  std::function<int(Map&)> act; // 0, or errno
  bool may_lose = false;        // MAP_FIXED: what was there is gone
};

class Test {
public:
  Test(const Calls& calls, const char* file, const char* device)
      : calls_(calls), device_(device),
        mount_(std::string(file).substr(0, std::string(file).rfind('/'))),
        fd_(open(file, O_RDWR | O_CLOEXEC)) {
    struct stat status{};
    if (fd_ < 0 || fstat(fd_, &status) != 0) {
      give_up(file);
    }
    half_ = static_cast<size_t>(status.st_size) / 2 / kUnit * kUnit;
    bytes_.resize(2 * half_);
    if (pread(fd_, bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size())) {
      give_up("read");
    }
  }

  int run() {
    const std::vector<Step> steps = {
        {"mmap", 0, [this](Map& m) { return map(m, 2 * half_); }},
        {"mmap past the end", 0, [this](Map& m) { return map(m, 2 * half_ + 8 * kUnit); }},
        {"mmap over it", 2, [this](Map& m) { return map(m, 2 * half_, MAP_FIXED, m.at); }, true},
        {"munmap of a half", 2,
         [this](Map& m) {
           const int error = errno_of(calls_.unmap(m.at + half_, half_));
           m.length = error == 0 ? half_ : m.length;
           return error;
         }},
        {"mprotect", 2,
         [this](Map& m) { return errno_of(calls_.protect(m.at, half_, PROT_READ)); }},
        {"madvise", 2,
         [this](Map& m) { return errno_of(calls_.advise(m.at, half_, MADV_RANDOM)); }},
        {"msync", 2, [this](Map& m) { return errno_of(calls_.sync(m.at, m.length, MS_SYNC)); }},
        {"mremap to more", 1,
         [this](Map& m) {
           void* const at = calls_.remap(m.at, m.length, 2 * half_, MREMAP_MAYMOVE);
           return at == MAP_FAILED ? errno : (m = {bytes(at), 2 * half_}, 0);
         }},
        {"famfs_map_new", 0, [this](Map&) {
           famfs_map* map = nullptr;
           const int error = famfs_map_new(fd_, &map);
           famfs_map_unref(map);
           return -error;
         }}};
    for (const Step& step : steps) { // once unharmed: tables that grow stay
      attempt(step, [] {}, [] { return true; }, {0});
    }
    attempt_all(steps);
    return failures_;
  }

private:
  static constexpr size_t kUnit = 2UL << 20;

  static int errno_of(int result) { return result == 0 ? 0 : errno; }
  int map(Map& m, size_t length, int flags = 0, char* where = nullptr) const {
    void* const at = calls_.map(where, length, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd_, 0);
    return at == MAP_FAILED ? errno : (m = {bytes(at), length}, 0);
  }
  [[nodiscard]] bool same(const Map& m) const {
    return std::memcmp(m.at, bytes_.data(), std::min(m.length, bytes_.size())) == 0;
  }
  void check(bool good, const std::string& what) {
    if (!good) {
      printf("FAILED: %s\n", what.c_str());
      ++failures_;
    }
  }

  void attempt_all(const std::vector<Step>& steps) {
    kernel_.listen();
    for (const Step& step : steps) {
      size_t failed = 0;
      const auto every = [&](const std::vector<long>& calls, int error,
                             const std::vector<int>& allowed) {
        for (long n = 0;; ++n, ++failed) {
          bool none = false;
          attempt(
              step, [&] { kernel_.fail(calls, n, error); }, [&] { return none = kernel_.heal(); },
              allowed);
          if (none) {
            return;
          }
        }
      };
      every(kMemoryCalls, ENOMEM, {0, ENOMEM});
      // mremap(2) knows no other.
      every(kDescriptorCalls, EMFILE, {0, EMFILE, ENOMEM});
      every(kDescriptorCalls, ENFILE, {0, ENFILE, ENOMEM});
      printf("%s: %zu calls failed\n", step.name, failed);
      attempt(
          step, [] { no_malloc = true; },
          [] {
            no_malloc = false;
            return true;
          },
          {0, std::string(step.name) == "famfs_map_new" ? ENOMEM : 0});
      rlimit before{};
      getrlimit(RLIMIT_NOFILE, &before);
      attempt(
          step,
          [&] {
            const rlimit none{0, before.rlim_max};
            setrlimit(RLIMIT_NOFILE, &none);
          },
          [&] { return setrlimit(RLIMIT_NOFILE, &before) == 0; }, {0, EMFILE, ENOMEM});
    }
  }

  template <class Harm, class Heal>
  void attempt(const Step& step, Harm&& harm, Heal&& heal, const std::vector<int>& allowed) {
    const Held before = held(device_, mount_);
    Map m;
    if (step.share != 0 && map(m, step.share * half_) != 0) {
      give_up(step.name);
    }
    harm();
    const int error = step.act(m);
    heal();
    bool known = false;
    for (const int one : allowed) {
      known = known || one == error;
    }
    check(known, std::string(step.name) + ": " + strerror(error));
    if (error != 0 && step.share != 0 && !step.may_lose) {
      check(same(m), std::string(step.name) + ": other bytes after an error");
    }
    if (error != 0 && !step.may_lose) {
      const int again = step.act(m);
      check(again == 0, std::string(step.name) + ": once more: " + strerror(again));
    }
    if (m.at != nullptr) {
      check(step.may_lose || same(m), std::string(step.name) + ": other bytes");
      check(calls_.unmap(m.at, m.length) == 0, std::string(step.name) + ": munmap");
    }
    const Held after = held(device_, mount_);
    check(after.descriptors == before.descriptors,
          std::string(step.name) + ": descriptors are left");
    check(after.mappings == before.mappings, std::string(step.name) + ": mappings are left");
  }

  const Calls& calls_;
  std::string device_;
  std::string mount_;
  int fd_;
  size_t half_ = 0;
  std::vector<char> bytes_;
  Kernel kernel_;
  int failures_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    return 2;
  }
  alarm(120); // a lock that is held
  return Test(calls_of(argv[1]), argv[2], argv[3]).run() == 0 ? 0 : 1;
}
