// flushes DEVICE PID COMMAND...: runs COMMAND, and meanwhile the threads of process PID,
// instruction by instruction. Before each commit all that is on the device must have been written
// back and fenced, by instructions that were really run on the addresses meant, but for the log
// header's line; and that too when COMMAND has ended. Two that believe less must find fault.
#include "durable.h"
#include "tracer.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace famfs::instructions {
namespace {

// docs/format.md
constexpr std::uint64_t kHeader = std::uint64_t{2} << 20;
constexpr std::uint64_t kNextIndex = kHeader + 40;

class Judge final : public Listener {
public:
  Judge(std::span<const std::byte> device, Durable::Forget forget)
      : device_(device), durable_(device, std::move(forget)), next_index_(next_index()) {}

  void write_back(pid_t thread, std::uint64_t offset) override {
    ++write_backs;
    durable_.write_back(thread, offset);
  }
  void streamed(pid_t thread, std::uint64_t offset) override {
    ++streams;
    durable_.write_back(thread, offset);
  }
  void fence(pid_t thread) override {
    ++fences;
    durable_.fence(thread);
  }
  void stepped() override {
    ++steps;
    if (next_index_ != next_index()) {
      next_index_ = next_index();
      ++commits;
      complain(durable_.lost(kHeader), "when an entry was committed");
    }
  }
  void ended() { complain(durable_.lost(), "when all had ended"); }

  std::uint64_t steps = 0, write_backs = 0, streams = 0, fences = 0, commits = 0, complaints = 0;
  std::string first;

private:
  [[nodiscard]] std::uint64_t next_index() const {
    std::uint64_t value = 0;
    std::memcpy(&value, device_.data() + kNextIndex, sizeof value);
    return value;
  }
  void complain(std::optional<std::uint64_t> lost, const char* when) {
    if (lost && complaints++ == 0) {
      first = "the byte at " + std::to_string(*lost) + " could be lost " + when;
    }
  }

  std::span<const std::byte> device_;
  Durable durable_;
  std::uint64_t next_index_;
};

// Several of one opinion each.
class Judges final : public Listener {
public:
  explicit Judges(std::span<const std::byte> device)
      : all{device, nullptr},
        no_fences{device,
                  [](Durable::Event event, auto) { return event == Durable::Event::fence; }},
        lines_left_out{device, [](Durable::Event event, std::uint64_t line) {
                         return event == Durable::Event::write_back && line % 100 == 99;
                       }} {}
  void write_back(pid_t thread, std::uint64_t offset) override {
    each([&](Judge& judge) { judge.write_back(thread, offset); });
  }
  void streamed(pid_t thread, std::uint64_t offset) override {
    each([&](Judge& judge) { judge.streamed(thread, offset); });
  }
  void fence(pid_t thread) override {
    each([&](Judge& judge) { judge.fence(thread); });
  }
  void stepped() override {
    each([](Judge& judge) { judge.stepped(); });
  }
  void ended() {
    each([](Judge& judge) { judge.ended(); });
  }

  Judge all, no_fences, lines_left_out;

private:
  template <class Do> void each(Do&& act) {
    act(all);
    act(no_fences);
    act(lines_left_out);
  }
};

std::span<const std::byte> map(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat about{};
  if (fd < 0 || fstat(fd, &about) != 0) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  const auto size = static_cast<std::size_t>(about.st_size);
  void* const at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  return {static_cast<const std::byte*>(at), size};
}

int judge(const Judges& judges, int status) {
  const Judge& all = judges.all;
  std::printf(
      "%llu instructions: %llu lines written back, %llu stores past the caches, %llu "
      "fences, %llu commits\n",
      static_cast<unsigned long long>(all.steps), static_cast<unsigned long long>(all.write_backs),
      static_cast<unsigned long long>(all.streams), static_cast<unsigned long long>(all.fences),
      static_cast<unsigned long long>(all.commits));
  if (status != 0) {
    std::printf("FAILED: the command: wait status %d\n", status);
  } else if (all.commits == 0) {
    std::printf("FAILED: nothing was committed\n");
  } else if (all.complaints != 0) {
    std::printf("FAILED: %s\n", all.first.c_str());
  } else if (judges.no_fences.complaints == 0 || judges.lines_left_out.complaints == 0) {
    std::printf("FAILED: a fence or a line that is left out is not missed\n");
  } else {
    return 0;
  }
  return 1;
}

} // namespace
} // namespace famfs::instructions

int main(int count, char** args) {
  using namespace famfs::instructions;
  if (count < 4) {
    std::fprintf(stderr, "usage: flushes DEVICE PID COMMAND...\n");
    return 2;
  }
  try {
    Judges judges(map(args[1]));
    Tracer tracer(args[1], judges);
    tracer.attach(static_cast<pid_t>(std::stol(args[2])));
    const int status = tracer.run(args + 3);
    tracer.detach();
    judges.ended();
    return judge(judges, status);
  } catch (const std::exception& e) {
    std::printf("FAILED: %s\n", e.what());
    return 1;
  }
}
