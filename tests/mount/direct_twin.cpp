// direct_twin famfs|libc FILE PLAIN: the same calls on a file of a famfs mount and on a plain file
// of the same bytes; return values, errnos, signals and bytes seen must be the same, row by row.
// Both files: 3 pages and 100 bytes.
#include "direct_calls.h"

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

namespace {

constexpr size_t kSize = 3 * kPage + 100;

class Rows {
public:
  Rows(const Calls& calls, const char* path) : calls_(calls), path_(path) {}

  const std::vector<std::string>& run() {
    both_ = open(path_, O_RDWR | O_CLOEXEC);
    reader_ = open(path_, O_RDONLY | O_CLOEXEC);
    writer_ = open(path_, O_WRONLY | O_CLOEXEC);
    if (both_ < 0 || reader_ < 0 || writer_ < 0) {
      perror(path_);
      exit(2);
    }
    arguments();
    places();
    flags();
    reach();
    unmapping();
    protections();
    syncs();
    advice();
    remaps();
    privately();
    after_close();
    return rows_;
  }

private:
  void row(const std::string& name, long value) {
    rows_.push_back(name + ": " + std::to_string(value));
  }
  void result(const std::string& name, bool failed) { row(name, failed ? -errno : 0); }

  void* map(size_t length = kSize, int protection = PROT_READ | PROT_WRITE, int flags = MAP_SHARED,
            off_t offset = 0, void* at = nullptr, int fd = -2) {
    return calls_.map(at, length, protection, flags, fd == -2 ? both_ : fd, offset);
  }
  // Records, and unmaps what came of it.
  void try_map(const std::string& name, size_t length, int protection, int flags, off_t offset = 0,
               void* at = nullptr, int fd = -2) {
    void* const got = map(length, protection, flags, offset, at, fd);
    result("mmap " + name, got == MAP_FAILED);
    if (got != MAP_FAILED) {
      calls_.unmap(got, length);
    }
  }
  void* good(size_t length = kSize) {
    void* const at = map(length);
    result("mmap", at == MAP_FAILED);
    return at;
  }
  void done(void* at, size_t length) { result("munmap", calls_.unmap(at, length) != 0); }

  void arguments() {
    constexpr int kBoth = PROT_READ | PROT_WRITE;
    try_map("length 0", 0, kBoth, MAP_SHARED);
    try_map("odd offset", kPage, kBoth, MAP_SHARED, 100);
    try_map("offset too far", kPage, kBoth, MAP_SHARED, INT64_MAX / 4096 * 4096);
    try_map("negative offset", kPage, kBoth, MAP_SHARED, -4096);
    try_map("length too long", SIZE_MAX, kBoth, MAP_SHARED);
    try_map("no type", kPage, kBoth, 0);
    try_map("two types", kPage, kBoth, MAP_SHARED | MAP_PRIVATE);
    try_map("descriptor -1", kPage, kBoth, MAP_SHARED, 0, nullptr, -1);
    try_map("descriptor 999", kPage, kBoth, MAP_SHARED, 0, nullptr, 999);
    try_map("write-only", kPage, PROT_WRITE, MAP_SHARED, 0, nullptr, writer_);
    try_map("write-only, to read", kPage, PROT_READ, MAP_SHARED, 0, nullptr, writer_);
    try_map("read-only, to write", kPage, kBoth, MAP_SHARED, 0, nullptr, reader_);
    try_map("read-only", kPage, PROT_READ, MAP_SHARED, 0, nullptr, reader_);
    try_map("no access", kPage, PROT_NONE, MAP_SHARED, 0, nullptr, reader_);
    try_map("anonymous", kPage, kBoth, MAP_SHARED | MAP_ANONYMOUS);
    const int path_only = open(path_, O_PATH | O_CLOEXEC);
    try_map("O_PATH", kPage, PROT_READ, MAP_SHARED, 0, nullptr, path_only);
    close(path_only);
  }

  void places() {
    void* const at = good(8 * kPage);
    void* const inside = bytes(at, kPage);
    try_map("fixed, odd", kPage, PROT_READ, MAP_SHARED | MAP_FIXED, 0, bytes(at, 1));
    void* got = map(kPage, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, 0, inside);
    result("fixed, taken", got == MAP_FAILED);
    got = map(kPage, PROT_READ, MAP_SHARED | MAP_FIXED, 2 * kPage, inside);
    row("fixed", got == inside);
    row("fixed, byte", bytes(at)[kPage]);
    row("fixed, byte after", bytes(at)[2 * kPage]);
    done(at, 8 * kPage);
    got = map(kPage, PROT_READ, MAP_SHARED, 0, inside);
    row("hint, free", got == inside);
    done(got, kPage);
    got = map(kPage, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, 0, inside);
    row("fixed, free", got == inside);
    void* const other = map(kPage, PROT_READ, MAP_SHARED, 0, inside);
    row("hint, taken", other != inside && other != MAP_FAILED);
    done(got, kPage);
    done(other, kPage);
    // Something else over it: no trace of the file is left, and munmap takes that away.
    void* const ours = good(4 * kPage);
    got = calls_.map(ours, 4 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    row("anonymous over it", got == ours);
    row("anonymous over it, byte", bytes(ours)[0]);
    done(ours, 4 * kPage);
    row("then", signal_of_load(bytes(ours)));
  }

  void flags() {
    for (const int flag : {MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE | MAP_NONBLOCK,
                           MAP_32BIT, MAP_HUGETLB, MAP_DENYWRITE}) {
      try_map("flag " + std::to_string(flag), kSize, PROT_READ, MAP_SHARED | flag);
    }
    try_map("validated", kSize, PROT_READ, MAP_SHARED_VALIDATE);
    try_map("validated, unknown flag", kSize, PROT_READ, MAP_SHARED_VALIDATE | 1 << 27);
    try_map("validated, MAP_SYNC", kSize, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC);
  }

  void reach() {
    void* const at = good(6 * kPage);
    for (size_t page = 0; page < 6; ++page) {
      row("load of page " + std::to_string(page), signal_of_load(bytes(at, page * kPage)));
      row("store to page " + std::to_string(page), signal_of_store(bytes(at, page * kPage + 9)));
    }
    row("a child's store", bytes(at)[9]);
    done(at, 6 * kPage);
    void* const past = map(kPage, PROT_READ, MAP_SHARED, 8 * kPage);
    row("mapped past the end", past != MAP_FAILED);
    row("load past the end", signal_of_load(bytes(past)));
    done(past, kPage);
    void* const offset = map(kPage, PROT_READ, MAP_SHARED, 2 * kPage);
    row("byte at an offset", bytes(offset)[7]);
    done(offset, kPage);
  }

  void unmapping() {
    void* const at = good(6 * kPage);
    result("munmap odd", calls_.unmap(bytes(at, 1), kPage) != 0);
    result("munmap 0", calls_.unmap(at, 0) != 0);
    result("munmap too long", calls_.unmap(at, SIZE_MAX / 2) != 0);
    done(bytes(at, kPage), 1);
    for (size_t page = 0; page < 3; ++page) {
      row("load after partial munmap", signal_of_load(bytes(at, page * kPage)));
    }
    done(at, 6 * kPage);
    done(at, 6 * kPage);
  }

  void protections() {
    void* const at = good(4 * kPage);
    result("mprotect", calls_.protect(bytes(at, kPage), kPage, PROT_READ) != 0);
    row("store to read-only", signal_of_store(bytes(at, kPage)));
    row("store beside", signal_of_store(bytes(at, 2 * kPage)));
    result("mprotect none", calls_.protect(at, 4 * kPage, PROT_NONE) != 0);
    row("load of none", signal_of_load(bytes(at)));
    row("load of none, past the end", signal_of_load(bytes(at, 4 * kPage - 1)));
    result("mprotect odd", calls_.protect(bytes(at, 1), kPage, PROT_READ) != 0);
    result("mprotect unknown", calls_.protect(at, kPage, 64) != 0);
    result("mprotect 0", calls_.protect(at, 0, PROT_READ) != 0);
    done(bytes(at, kPage), kPage);
    result("mprotect over a hole", calls_.protect(at, 4 * kPage, PROT_READ) != 0);
    row("load before the hole", signal_of_load(bytes(at)));
    row("load after the hole", signal_of_load(bytes(at, 2 * kPage)));
    done(at, 4 * kPage);
    void* const read_only = map(kPage, PROT_READ, MAP_SHARED, 0, nullptr, reader_);
    result("mprotect to write, read-only", calls_.protect(read_only, kPage, PROT_WRITE) != 0);
    row("store, read-only", signal_of_store(bytes(read_only)));
    done(read_only, kPage);
  }

  void syncs() {
    void* const at = good(4 * kPage);
    bytes(at)[11] = 'm';
    for (const int flag :
         {0, MS_SYNC, MS_ASYNC, MS_INVALIDATE, MS_SYNC | MS_INVALIDATE, MS_SYNC | MS_ASYNC, 64}) {
      result("msync " + std::to_string(flag), calls_.sync(at, 4 * kPage, flag) != 0);
    }
    result("msync odd", calls_.sync(bytes(at, 1), kPage, MS_SYNC) != 0);
    result("msync 0", calls_.sync(at, 0, MS_SYNC) != 0);
    char seen = 0;
    result("pread", pread(both_, &seen, 1, 11) != 1);
    row("read after msync", seen);
    done(bytes(at, kPage), kPage);
    result("msync over a hole", calls_.sync(at, 4 * kPage, MS_SYNC) != 0);
    done(at, 4 * kPage);
    const char other = 'w';
    void* const again = good();
    result("pwrite", pwrite(both_, &other, 1, 12) != 1);
    row("write seen in the map", bytes(again)[12]);
    done(again, kSize);
  }

  void advice() {
    void* const at = good(4 * kPage);
    bytes(at)[20] = 'd';
    for (const int advice :
         {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_DONTFORK,
          MADV_DOFORK, MADV_DONTDUMP, MADV_DODUMP, 9999}) {
      result("madvise " + std::to_string(advice), calls_.advise(at, 3 * kPage, advice) != 0);
    }
    row("after MADV_DONTNEED", bytes(at)[20]);
    result("madvise odd", calls_.advise(bytes(at, 1), kPage, MADV_NORMAL) != 0);
    result("mlock", mlock(at, 3 * kPage) != 0);
    result("munlock", munlock(at, 3 * kPage) != 0);
    unsigned char resident[4] = {};
    result("mincore", mincore(at, 3 * kPage, resident) != 0);
    done(at, 4 * kPage);
    result("madvise of nothing", calls_.advise(at, kPage, MADV_NORMAL) != 0);
  }

  void remaps() {
    void* const at = good(4 * kPage);
    const auto refused = [&](const char* name, void* old, size_t old_size, size_t size, int flags,
                             void* target = nullptr) {
      result(std::string("mremap ") + name,
             calls_.remap(old, old_size, size, flags, target) == MAP_FAILED);
    };
    refused("odd", bytes(at, 1), kPage, kPage, 0);
    refused("to 0", at, kPage, 0, 0);
    refused("unknown flag", at, kPage, kPage, 64);
    refused("fixed alone", at, kPage, kPage, MREMAP_FIXED, bytes(at, 8 * kPage));
    refused("onto itself", at, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED,
            bytes(at, kPage));
    refused("same size", at, 4 * kPage, 4 * kPage, 0);
    void* got = calls_.remap(at, 4 * kPage, 2 * kPage, 0);
    row("mremap shrinks in place", got == at);
    row("load of what went", signal_of_load(bytes(at, 2 * kPage)));
    got = calls_.remap(at, 2 * kPage, 6 * kPage, MREMAP_MAYMOVE);
    row("mremap grows", got != MAP_FAILED);
    row("grown, byte", bytes(got)[2 * kPage + 7]);
    row("grown, past the end", signal_of_load(bytes(got, 5 * kPage)));
    void* const second = calls_.remap(got, 0, kPage, MREMAP_MAYMOVE);
    row("mremap of 0", second != MAP_FAILED);
    bytes(second)[30] = '2';
    row("the same memory", bytes(got)[30]);
    void* const moved = calls_.remap(got, 6 * kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, second);
    row("mremap to a place", moved == second);
    row("where it was", signal_of_load(bytes(got)));
    done(moved, kPage);
    refused("of nothing", moved, kPage, 2 * kPage, MREMAP_MAYMOVE);
  }

  void privately() {
    void* const at = map(kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, nullptr, reader_);
    row("private", at != MAP_FAILED);
    row("private byte", bytes(at)[kPage + 7]);
    bytes(at)[kPage + 7] = 'p';
    char seen = 0;
    result("pread", pread(both_, &seen, 1, kPage + 7) != 1);
    row("private store, in the file", seen);
    row("private, past the end", signal_of_load(bytes(at, 4 * kPage - 1)));
    result("private mprotect", calls_.protect(at, kPage, PROT_READ) != 0);
    result("private msync", calls_.sync(at, kPage, MS_SYNC) != 0);
    done(at, kSize);
  }

  void after_close() {
    void* const at = good();
    close(both_);
    close(reader_);
    close(writer_);
    bytes(at)[40] = 'c';
    row("load after close", bytes(at)[7]);
    row("a child's load", signal_of_load(bytes(at)));
    const int again = open(path_, O_RDONLY | O_CLOEXEC);
    char seen = 0;
    result("pread", pread(again, &seen, 1, 40) != 1);
    row("store after close", seen);
    close(again);
    void* const grown = calls_.remap(at, kSize, 8 * kPage, MREMAP_MAYMOVE);
    row("mremap after close", grown != MAP_FAILED);
    row("mremap after close, byte", bytes(grown)[40]);
    done(grown, 8 * kPage);
  }

  const Calls& calls_;
  const char* path_;
  int both_ = -1;
  int reader_ = -1;
  int writer_ = -1;
  std::vector<std::string> rows_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    return 2;
  }
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const auto plain = Rows(kLibc, argv[3]).run();
  const auto famfs = Rows(calls_of(argv[1]), argv[2]).run();
  int wrong = 0;
  for (size_t i = 0; i < plain.size() || i < famfs.size(); ++i) {
    const std::string want = i < plain.size() ? plain[i] : "nothing";
    const std::string got = i < famfs.size() ? famfs[i] : "nothing";
    if (want != got) {
      printf("row %zu: famfs \"%s\", plain file \"%s\"\n", i, got.c_str(), want.c_str());
      ++wrong;
    }
  }
  printf("%zu rows compared, %d differ\n", plain.size(), wrong);
  return wrong == 0 && plain.size() > 100 ? 0 : 1;
}
