#include "tracer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace famfs::instructions {
namespace {

constexpr long kOptions =
    PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

long check(long result, const char* what) {
  if (result < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return result;
}

void seize(pid_t thread) {
  check(ptrace(PTRACE_SEIZE, thread, 0, kOptions), "PTRACE_SEIZE");
  check(ptrace(PTRACE_INTERRUPT, thread, 0, 0), "PTRACE_INTERRUPT");
}

// The 15 bytes at an address, fewer at the end of what is mapped.
std::vector<std::uint8_t> code_at(pid_t thread, std::uint64_t address) {
  constexpr std::size_t most = 15;
  constexpr std::uint64_t page = 4096;
  std::vector<std::uint8_t> code(most);
  const std::size_t here = std::min<std::uint64_t>(most, page - address % page);
  const iovec to{code.data(), most};
  const std::array<iovec, 2> from{{{reinterpret_cast<void*>(address), here},
                                   {reinterpret_cast<void*>(address + here), most - here}}};
  const ssize_t got = process_vm_readv(thread, &to, 1, from.data(), here == most ? 1 : 2, 0);
  code.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return code;
}

bool stopped(pid_t thread) {
  int status = 0;
  return waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status);
}

bool trap_pending(pid_t thread) {
  constexpr std::string_view key = "SigPnd:";
  std::ifstream about("/proc/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(about, line);) {
    if (line.starts_with(key)) {
      return (std::stoull(line.substr(key.size()), nullptr, 16) >> (SIGTRAP - 1) & 1U) != 0;
    }
  }
  return false;
}

// What the rounds of a rep stos or rep movs write, written by us: what is left to step is none.
// Where that is not possible it is stepped round by round.
void run_at_once(pid_t thread, user_regs_struct regs, const Instruction& repeated) {
  constexpr std::uint64_t most = 1U << 20U;
  constexpr std::uint64_t backwards = 0x400;
  if (regs.rcx == 0 || regs.rcx > most || (regs.eflags & backwards) != 0) {
    return;
  }
  const std::size_t size = regs.rcx * repeated.width;
  std::vector<std::uint8_t> bytes(size);
  const iovec ours{bytes.data(), size};
  const iovec from{reinterpret_cast<void*>(regs.rsi), size};
  const iovec to{reinterpret_cast<void*>(regs.rdi), size};
  const bool move = repeated.kind == Kind::repeated_move;
  if (move && process_vm_readv(thread, &ours, 1, &from, 1, 0) != static_cast<ssize_t>(size)) {
    return;
  }
  for (std::size_t i = 0; !move && i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(regs.rax >> i % repeated.width * 8);
  }
  const bool overlap = move && regs.rdi > regs.rsi && regs.rdi - regs.rsi < size;
  if (overlap || process_vm_writev(thread, &ours, 1, &to, 1, 0) != static_cast<ssize_t>(size)) {
    return;
  }
  regs.rdi += size;
  regs.rsi += move ? size : 0;
  regs.rcx = 0;
  check(ptrace(PTRACE_SETREGS, thread, 0, &regs), "PTRACE_SETREGS");
}

bool changes_mappings(std::uint64_t system_call) {
  return system_call == SYS_mmap || system_call == SYS_munmap || system_call == SYS_mremap ||
         system_call == SYS_execve;
}

} // namespace

Tracer::Tracer(std::string device, Listener& listener)
    : device_(std::move(device)), listener_(listener) {}

void Tracer::attach(pid_t process) {
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    const auto thread = static_cast<pid_t>(std::stol(task.path().filename()));
    seize(thread);
    threads_.insert(thread);
  }
}

int Tracer::run(char** command) {
  std::array<int, 2> gate{};
  check(pipe(gate.data()), "pipe");
  const auto child = static_cast<pid_t>(check(fork(), "fork"));
  if (child == 0) {
    close(gate[1]);
    char byte = 0;
    if (read(gate[0], &byte, 1) == 0) { // open again when our parent has seized us
      execvp(command[0], command);
    }
    _exit(127);
  }
  close(gate[0]);
  seize(child);
  close(gate[1]);
  for (;;) {
    int status = 0;
    const auto thread = static_cast<pid_t>(check(waitpid(-1, &status, __WALL), "waitpid"));
    if (!WIFSTOPPED(status)) {
      threads_.erase(thread);
      if (thread == child) {
        return status;
      }
      continue;
    }
    threads_.insert(thread);
    int signal = WSTOPSIG(status);
    if (status >> 16 != 0) {
      signal = 0; // an event of ptrace's own
    } else if (signal == SIGTRAP) {
      signal = 0;
      step(thread);
    }
    if (ptrace(PTRACE_SINGLESTEP, thread, 0, signal) < 0 && errno != ESRCH) { // killed meanwhile
      check(-1, "PTRACE_SINGLESTEP");
    }
  }
}

void Tracer::step(pid_t thread) {
  user_regs_struct regs{};
  if (ptrace(PTRACE_GETREGS, thread, 0, &regs) < 0) {
    return; // killed meanwhile
  }
  if (const auto streamed = streaming_.extract(thread)) {
    listener_.streamed(thread, streamed.mapped());
  }
  listener_.stepped();
  const Instruction next = decode(code_at(thread, regs.rip), regs);
  switch (next.kind) {
  case Kind::other:
    break;
  case Kind::repeated_store:
  case Kind::repeated_move:
    run_at_once(thread, regs, next);
    break;
  case Kind::system_call:
    if (changes_mappings(regs.rax)) {
      mappings_.clear();
    }
    break;
  case Kind::fence:
  case Kind::full_fence:
    listener_.fence(thread, next.kind);
    break;
  case Kind::write_back:
  case Kind::invalidate:
    if (const auto offset = on_device(thread, next.address)) {
      listener_.write_back(thread, *offset, next.kind);
    }
    break;
  case Kind::stream:
    if (const auto offset = on_device(thread, next.address)) {
      streaming_[thread] = *offset;
    }
    break;
  }
}

std::optional<std::uint64_t> Tracer::on_device(pid_t thread, std::uint64_t address) {
  auto found = mappings_.find(thread);
  if (found == mappings_.end()) {
    found = mappings_.emplace(thread, read_mappings(thread)).first;
  }
  for (const Mapping& mapping : found->second) {
    if (address >= mapping.begin && address < mapping.end) {
      return mapping.offset + (address - mapping.begin);
    }
  }
  return std::nullopt;
}

std::vector<Tracer::Mapping> Tracer::read_mappings(pid_t thread) const {
  std::vector<Mapping> found;
  std::ifstream maps("/proc/" + std::to_string(thread) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with(" " + device_)) {
      continue;
    }
    Mapping mapping;
    char dash = 0;
    std::string protection;
    std::istringstream(line) >> std::hex >> mapping.begin >> dash >> mapping.end >> protection >>
        mapping.offset;
    found.push_back(mapping);
  }
  return found;
}

void Tracer::detach() {
  for (const pid_t thread : threads_) {
    // It runs, or waits in the kernel. A step that is done and not told yet would kill it later.
    if (ptrace(PTRACE_INTERRUPT, thread, 0, 0) == 0 && stopped(thread)) {
      if (trap_pending(thread)) {
        check(ptrace(PTRACE_CONT, thread, 0, 0), "PTRACE_CONT");
        stopped(thread);
      }
      check(ptrace(PTRACE_DETACH, thread, 0, 0), "PTRACE_DETACH");
    }
  }
  threads_.clear();
}

} // namespace famfs::instructions
