// load_model FILE COPY: random reads, writes and maps of FILE, by the mount and by direct maps, by
// this process and by others, against a copy in memory; then the copy goes to COPY. A new FILE
// grows and shrinks first, and is committed; one that is there is changed in place alone.
// FAMFS_LOAD_STEPS (2000) of each kind, FAMFS_SEED.
#include "files.h"
#include "numbers.h"

#include "base/fd.h"

#include <famfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace famfs::load {
namespace {

constexpr std::uint64_t kMostBytes = 24 << 20, kUnit = 2 << 20, kPage = 4096;

using Bytes = std::vector<std::byte>;

enum class Kind : std::uint8_t { write, read, store, load, truncate, reserve, sync };
constexpr const char* kNames[] = {"write", "read", "store", "load", "truncate", "reserve", "sync"};

struct Step {
  Kind kind = Kind::read;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t seed = 0; // of the bytes that it writes
  bool other = false;     // by another process

  [[nodiscard]] std::string text() const {
    return std::string(kNames[static_cast<std::size_t>(kind)]) + " [" + std::to_string(offset) +
           ", +" + std::to_string(length) + ")" + (other ? " by another process" : "");
  }
};

Bytes bytes_of(const Step& step, std::uint64_t length) {
  Bytes bytes(length);
  Random random(step.seed);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
  return bytes;
}

class Model {
public:
  Model(std::string path, std::uint64_t seed)
      : path_(std::move(path)), random_(seed),
        fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    struct stat is{};
    expect(fd_ && ::fstat(fd_.get(), &is) == 0, path_);
    bytes_.resize(static_cast<std::size_t>(is.st_size));
    committed_ = !bytes_.empty();
    expect(::pread(fd_.get(), bytes_.data(), bytes_.size(), 0) == is.st_size, "read " + path_);
  }

  [[nodiscard]] bool committed() const noexcept { return committed_; }
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }

  void run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) {
      const Step step = next();
      remember(step);
      by(step);
      apply(step);
    }
    check_all();
  }

  void commit() {
    if (bytes_.empty()) {
      apply_growth(1);
      expect(::ftruncate(fd_.get(), 1) == 0, "ftruncate");
    }
    expect(::fsync(fd_.get()) == 0, "fsync");
    committed_ = true;
  }

  void explain() const {
    for (const std::string& line : last_) {
      std::printf("  %s\n", line.c_str());
    }
  }

private:
  // Where bugs live: around pages, units and the end; else anywhere.
  std::uint64_t place(std::uint64_t bound) {
    const std::uint64_t any = below(random_, bound + 1);
    const std::uint64_t near = below(random_, 9);
    switch (below(random_, 4)) {
    case 0:
      return std::min(any / kPage * kPage + near, bound);
    case 1:
      return std::min((any / kUnit * kUnit) + kUnit - 4 + near, bound);
    case 2:
      return bytes_.size() > near ? std::min<std::uint64_t>(bytes_.size() - near, bound) : any;
    default:
      return any;
    }
  }

  Step next() {
    const std::uint64_t kinds = committed_ ? 4 : 6;
    Step step{.kind = static_cast<Kind>(below(random_, kinds)),
              .offset = 0,
              .length = 1 + below(random_, one_in(random_, 20) ? 5 << 20 : 40'000),
              .seed = random_(),
              .other = one_in(random_, 20)};
    if (committed_ && one_in(random_, 30)) {
      step.kind = Kind::sync;
    }
    const bool grows = !committed_ && step.kind != Kind::read && step.kind != Kind::store &&
                       step.kind != Kind::load;
    step.offset = place(grows ? kMostBytes - 1 : bytes_.size());
    if (step.kind == Kind::truncate) {
      step.length = 0;
    } else if (grows) {
      step.length = std::min(step.length, kMostBytes - step.offset);
    } else if (step.kind == Kind::store || step.kind == Kind::load) { // past the end: SIGBUS
      step.length = std::min(step.length, bytes_.size() - step.offset);
    }
    return step;
  }

  void by(const Step& step) {
    if (!step.other) {
      perform(step, fd_.get());
      return;
    }
    const pid_t child = ::fork();
    if (child == 0) {
      // With a descriptor of its own, and ours closed at its exit: neither close is the last.
      try {
        const UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
        expect(static_cast<bool>(fd), "open");
        perform(step, fd.get());
      } catch (const std::exception& wrong) {
        std::printf("FAILED: in another process: %s\n", wrong.what());
        std::fflush(stdout);
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    expect(::waitpid(child, &status, 0) == child, "waitpid");
    errno = 0;
    expect(status == 0, "another process ended with " + std::to_string(status));
  }

  // The part of the step that is within what there is.
  [[nodiscard]] std::span<const std::byte> known(const Step& step) const {
    const std::uint64_t begin = std::min<std::uint64_t>(step.offset, bytes_.size());
    return std::span(bytes_).subspan(begin, std::min(step.length, bytes_.size() - begin));
  }

  static void compare(std::span<const std::byte> want, std::span<const std::byte> got) {
    errno = 0;
    expect(got.size() == want.size(),
           std::to_string(got.size()) + " bytes, not " + std::to_string(want.size()));
    const auto differ = std::ranges::mismatch(want, got).in1 - want.begin();
    expect(differ == static_cast<std::ptrdiff_t>(want.size()),
           "differs from byte " + std::to_string(differ) + " of it on");
  }

  void perform(const Step& step, int fd) const {
    const auto offset = static_cast<off_t>(step.offset);
    switch (step.kind) {
    case Kind::write:
      write(step, fd);
      break;
    case Kind::read: {
      Bytes got(step.length);
      const ssize_t length = ::pread(fd, got.data(), got.size(), offset);
      expect(length >= 0, "pread");
      compare(known(step), std::span(got).first(static_cast<std::size_t>(length)));
      break;
    }
    case Kind::store:
    case Kind::load:
      map(step, fd);
      break;
    case Kind::truncate:
      expect(::ftruncate(fd, offset) == 0, "ftruncate");
      break;
    case Kind::reserve:
      expect(::fallocate(fd, one_in_three(step) ? FALLOC_FL_KEEP_SIZE : 0, offset,
                         static_cast<off_t>(step.length)) == 0,
             "fallocate");
      break;
    case Kind::sync:
      expect(::fsync(fd) == 0, "fsync");
      break;
    }
  }

  static bool one_in_three(const Step& step) { return step.seed % 3 == 0; }

  // What is committed does not grow: a write is cut, or refused, at the end.
  void write(const Step& step, int fd) const {
    const Bytes put = bytes_of(step, step.length);
    const std::uint64_t fits = committed_ ? known(step).size() : step.length;
    const ssize_t length = ::pwrite(fd, put.data(), put.size(), static_cast<off_t>(step.offset));
    if (fits == 0) {
      expect(length == -1 && errno == EPERM, "pwrite past the end");
    } else {
      expect(length == static_cast<ssize_t>(fits), "pwrite: " + std::to_string(length));
    }
  }

  void map(const Step& step, int fd) const {
    if (step.length == 0) {
      return;
    }
    const std::uint64_t before = step.offset % kPage;
    auto* start = static_cast<std::byte*>(famfs_mmap(nullptr, before + step.length,
                                                     PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                                                     static_cast<off_t>(step.offset - before)));
    expect(start != MAP_FAILED, "famfs_mmap");
    const std::span<std::byte> bytes(start + before, step.length);
    compare(known(step), bytes);
    if (step.kind == Kind::store) {
      std::ranges::copy(bytes_of(step, step.length), bytes.begin());
      if (one_in_three(step)) {
        expect(famfs_msync(start, before + step.length, MS_SYNC) == 0, "famfs_msync");
      } else {
        errno = -famfs_publish(bytes.data(), bytes.size());
        expect(errno == 0, "famfs_publish");
      }
    }
    expect(famfs_munmap(start, before + step.length) == 0, "famfs_munmap");
  }

  void apply_growth(std::uint64_t end) {
    if (end > bytes_.size()) {
      bytes_.resize(end);
    }
  }

  void apply(const Step& step) {
    if (step.kind == Kind::truncate) {
      bytes_.resize(step.offset);
    } else if (step.kind == Kind::reserve && !one_in_three(step)) {
      apply_growth(step.offset + step.length);
    } else if (step.kind == Kind::write || step.kind == Kind::store) {
      if (!committed_) {
        apply_growth(step.offset + step.length);
      }
      const Bytes put = bytes_of(step, step.length);
      std::copy_n(put.begin(), known(step).size(),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(
                                       std::min<std::uint64_t>(step.offset, bytes_.size())));
    }
  }

  void check_all() {
    const Step all{.kind = Kind::read, .offset = 0, .length = bytes_.size() + 1};
    remember(all);
    perform(all, fd_.get());
    const Step mapped{.kind = Kind::load, .offset = 0, .length = bytes_.size()};
    remember(mapped);
    perform(mapped, fd_.get());
  }

  void remember(const Step& step) {
    constexpr std::size_t kRemembered = 30;
    last_.push_back(step.text() + " of " + std::to_string(bytes_.size()));
    if (last_.size() > kRemembered) {
      last_.pop_front();
    }
  }

  std::string path_;
  Random random_;
  UniqueFd fd_;
  Bytes bytes_;
  bool committed_ = false;
  std::deque<std::string> last_;
};

int run(const char* path, const char* copy) {
  const std::uint64_t seed = number_from("FAMFS_SEED", std::random_device()());
  const std::uint64_t steps = number_from("FAMFS_LOAD_STEPS", 2000);
  std::printf("FAMFS_SEED=%llu: %s\n", static_cast<unsigned long long>(seed), path);
  std::fflush(stdout);
  Model model(path, seed);
  try {
    if (!model.committed()) {
      model.run(steps);
      model.commit();
    }
    model.run(steps);
  } catch (const std::exception& wrong) {
    std::printf("FAILED: %s; the last steps:\n", wrong.what());
    model.explain();
    return 1;
  }
  std::ofstream to(copy, std::ios::binary);
  to.write(reinterpret_cast<const char*>(model.bytes().data()),
           static_cast<std::streamsize>(model.bytes().size()));
  return to.flush() ? 0 : 1;
}

} // namespace
} // namespace famfs::load

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: load_model FILE COPY\n", stderr);
    return 2;
  }
  try {
    return famfs::load::run(argv[1], argv[2]);
  } catch (const std::exception& wrong) {
    std::printf("FAILED: %s\n", wrong.what());
    return 1;
  }
}
