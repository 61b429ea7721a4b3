#include "catch.h"
#include "scratch.h"

#include "media/fault_guard.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>

using namespace famfs::media;

namespace {

const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

// Runs fault_child and gives its wait status.
int run_child(const std::string& what) {
  const scratch::Folder folder;
  const std::string empty = folder.file("empty", 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::execl(FAULT_CHILD, FAULT_CHILD, what.c_str(), empty.c_str(), nullptr);
    ::_exit(101);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

int exit_of(const std::string& what) {
  const int status = run_child(what);
  CAPTURE(what, status);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

int signal_of(const std::string& what) {
  const int status = run_child(what);
  CAPTURE(what, status);
  REQUIRE(WIFSIGNALED(status));
  return WTERMSIG(status);
}

} // namespace

TEST_CASE("a copy of good memory copies") {
  const scratch::Folder folder;
  const scratch::Mapping mapping(folder.file("good", 4 * kPage), 4 * kPage);
  std::vector<unsigned char> from(3 * kPage);
  std::iota(from.begin(), from.end(), static_cast<unsigned char>(0));
  CHECK_FALSE(guarded_copy(mapping.at(17), from.data(), from.size()).failed);
  std::vector<unsigned char> back(from.size());
  CHECK_FALSE(guarded_copy(back.data(), mapping.at(17), back.size()).failed);
  CHECK(back == from);
  CHECK_FALSE(guarded_zero(mapping.at(17), 100).failed);
  CHECK(std::all_of(mapping.at(17), mapping.at(117), [](char c) { return c == 0; }));
  CHECK(static_cast<unsigned char>(*mapping.at(117)) == 100);
  CHECK_FALSE(guarded_store_u64(mapping.at(64), 0x0102030405060708).failed);
  std::uint64_t value = 0;
  std::memcpy(&value, mapping.at(64), sizeof value);
  CHECK(value == 0x0102030405060708);
}

TEST_CASE("a copy past the caches copies every byte and no other, whatever its ends") {
  const scratch::Folder folder;
  const std::size_t size = 16 * kPage;
  const scratch::Mapping mapping(folder.file("good", size), size);
  std::vector<char> from(size);
  for (std::size_t i = 0; i < from.size(); ++i) {
    from[i] = static_cast<char>(i * 31 + i / 257);
  }
  for (const std::size_t start :
       {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}}) {
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{200},
          4 * kPage, 9 * kPage + 77}) {
      CAPTURE(start, length);
      std::memset(mapping.at(0), 'x', size);
      CHECK_FALSE(guarded_copy_written_back(mapping.at(start), from.data() + 3, length).failed);
      CHECK(std::memcmp(mapping.at(start), from.data() + 3, length) == 0);
      CHECK(std::count(mapping.at(0), mapping.at(start), 'x') ==
            static_cast<std::ptrdiff_t>(start));
      CHECK(std::all_of(mapping.at(start + length), mapping.at(size),
                        [](char c) { return c == 'x'; }));
    }
  }
}

TEST_CASE("a fault gives the page in which it came, whatever the call") {
  const scratch::Folder folder;
  const std::string path = folder.file("short", 4 * kPage);
  const scratch::Mapping mapping(path, 4 * kPage);
  std::filesystem::resize_file(path, 2 * kPage);
  std::vector<char> buffer(4 * kPage);
  const std::size_t start = 100;
  const std::size_t length = 3 * kPage;
  const auto in_bad_page = [&](CopyFault fault) {
    return fault.failed && (fault.offset == 2 * kPage - start || fault.offset == 3 * kPage - start);
  };
  CHECK(in_bad_page(guarded_copy(buffer.data(), mapping.at(start), length)));
  CHECK(in_bad_page(guarded_copy(mapping.at(start), buffer.data(), length)));
  CHECK(in_bad_page(guarded_copy_written_back(mapping.at(start), buffer.data(), length)));
  CHECK(in_bad_page(guarded_zero(mapping.at(start), length)));
  CHECK(in_bad_page(guarded_write_back(mapping.at(start), length)));
  CHECK(in_bad_page(guarded_invalidate(mapping.at(start), length)));

  CHECK(guarded_store_u64(mapping.at(2 * kPage + 8), 1).failed);
  const CopyFault inside = guarded_copy(buffer.data(), mapping.at(3 * kPage + 1000), 10);
  CHECK(inside.failed);
  CHECK(inside.offset == 0);
  CHECK_FALSE(guarded_copy(buffer.data(), mapping.at(0), 2 * kPage).failed);
}

TEST_CASE("nothing is touched for length 0") {
  CHECK_FALSE(guarded_copy(nullptr, nullptr, 0).failed);
  CHECK_FALSE(guarded_zero(nullptr, 0).failed);
  CHECK_FALSE(guarded_write_back(nullptr, 0).failed);
  CHECK_FALSE(guarded_invalidate(nullptr, 0).failed);
}

TEST_CASE("threads that fault and threads that do not stay out of each other's way") {
  const scratch::Folder folder;
  const std::string bad_path = folder.file("bad", 8 * kPage);
  const scratch::Mapping bad(bad_path, 8 * kPage);
  const scratch::Mapping good(folder.file("good", 8 * kPage), 8 * kPage);
  std::memset(good.at(0), 'g', 8 * kPage);
  std::filesystem::resize_file(bad_path, 0);
  std::atomic<int> wrong = 0;
  const auto work = [&](std::size_t index) {
    std::vector<char> buffer(kPage);
    for (int round = 0; round < 2000; ++round) {
      const CopyFault fault = guarded_copy(buffer.data(), bad.at(index * kPage + 8), kPage - 8);
      wrong += fault.failed && fault.offset == 0 ? 0 : 1;
      wrong += guarded_store_u64(bad.at(index * kPage), 7).failed ? 0 : 1;
      wrong += guarded_copy(buffer.data(), good.at(index * kPage), kPage).failed ? 1 : 0;
      wrong += buffer[0] == 'g' && buffer[kPage - 1] == 'g' ? 0 : 1;
      buffer[0] = 0;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i) {
    threads.emplace_back(work, i);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
}

TEST_CASE(
    "pages that come and go while threads copy give faults and whole copies, never a signal") {
  const scratch::Folder folder;
  const std::string path = folder.file("flapping", 4 * kPage);
  const scratch::Mapping mapping(path, 4 * kPage);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> copies = 0;
  const auto work = [&] {
    std::vector<char> buffer(4 * kPage);
    while (!stop) {
      const CopyFault fault = guarded_copy(buffer.data(), mapping.at(0), buffer.size());
      copies += fault.failed && fault.offset >= buffer.size() ? 1'000'000'000 : 1;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back(work);
  }
  for (int round = 0; round < 500; ++round) {
    std::filesystem::resize_file(path, round % 2 == 0 ? kPage : 4 * kPage);
  }
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(copies < 1'000'000'000);
}

TEST_CASE("the guard works in a fresh process, again and again") {
  CHECK(exit_of("guard") == 0);
}

TEST_CASE("a thread that has blocked SIGBUS is guarded too") {
  CHECK(exit_of("blocked") == 0);
}

TEST_CASE("a SIGBUS outside a guarded copy kills, as it does without us") {
  CHECK(signal_of("default-fault") == SIGBUS);
  CHECK(signal_of("default-sent") == SIGBUS);
  CHECK(signal_of("ignored-fault") == SIGBUS);
  CHECK(exit_of("ignored-sent") == 0);
}

TEST_CASE("the handler that was there before gets what is not ours") {
  CHECK(exit_of("plain-fault") == 42);
  CHECK(exit_of("plain-sent") == 0);
  CHECK(exit_of("info-fault") == 43);
  CHECK(exit_of("jump") == 0);
  CHECK(signal_of("once-fault") == SIGBUS);
}
