// flushes durable|raw|OFFSET+LENGTH DEVICE PID COMMAND...: runs COMMAND, and meanwhile the threads
// of process PID, instruction by instruction, and judges what was really run on the addresses
// meant: `durable`: an entry is committed, and nothing can be lost that it counts, nor at the end;
// `raw`: the same without a log; OFFSET+LENGTH: that range of the device was looked at anew.
#include "judges.h"
#include "tracer.h"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace famfs::instructions {
namespace {

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

std::unique_ptr<Judges> judges(const std::string& what, const char* device) {
  if (what == "durable" || what == "raw") {
    return durable(map(device), what == "durable");
  }
  std::size_t plus = 0;
  const std::uint64_t offset = std::stoull(what, &plus);
  return looked_at(offset, std::stoull(what.substr(plus + 1)));
}

int run(char** args) {
  const auto judging = judges(args[1], args[2]);
  Tracer tracer(args[2], *judging);
  tracer.attach(static_cast<pid_t>(std::stol(args[3])));
  const int status = tracer.run(args + 4);
  tracer.detach();
  judging->ended();
  std::printf("%s\n", judging->seen().c_str());
  const std::string fault =
      status == 0 ? judging->fault() : "the command: wait status " + std::to_string(status);
  if (!fault.empty()) {
    std::printf("FAILED: %s\n", fault.c_str());
  }
  return fault.empty() ? 0 : 1;
}

} // namespace
} // namespace famfs::instructions

int main(int count, char** args) {
  if (count < 5) {
    std::fprintf(stderr, "usage: flushes durable|raw|OFFSET+LENGTH DEVICE PID COMMAND...\n");
    return 2;
  }
  try {
    return famfs::instructions::run(args);
  } catch (const std::exception& e) {
    std::printf("FAILED: %s\n", e.what());
    return 1;
  }
}
