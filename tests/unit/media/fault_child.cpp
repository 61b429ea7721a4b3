// Run by fault_guard_test.cpp. fault_child CASE [FILE]: what happens in a fresh process, told by
// the exit status or by the signal that ends it. Exit 100: a case did not go as it should.
#include "media/fault_guard.h"

#include <csetjmp>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr int kWrong = 100;
constexpr std::size_t kPage = 4096;

volatile sig_atomic_t handled = 0;
char* bad = nullptr; // a page of a mapping behind the end of its file
sigjmp_buf back;

void on_signal(int /*signal*/) {
  handled = handled + 1;
}

void on_signal_then_exit(int /*signal*/) {
  _exit(42);
}

void on_info(int /*signal*/, siginfo_t* info, void* /*context*/) {
  _exit(info->si_addr == bad + 8 ? 43 : kWrong);
}

void on_info_jump(int /*signal*/, siginfo_t* /*info*/, void* /*context*/) {
  siglongjmp(back, 1);
}

void set_handler(void (*plain)(int), int flags) {
  struct sigaction action{};
  action.sa_handler = plain;
  action.sa_flags = flags;
  sigaction(SIGBUS, &action, nullptr);
}

void set_info_handler(void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

char* map_past_end(const char* file) {
  const int fd = open(file, O_RDWR);
  void* at = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return at == MAP_FAILED ? nullptr : static_cast<char*>(at);
}

bool guard_works() {
  char buffer[16];
  const famfs::media::CopyFault fault = famfs::media::guarded_copy(buffer, bad, sizeof buffer);
  return fault.failed && fault.offset == 0;
}

int foreign_fault() {
  *static_cast<volatile char*>(bad + 8) = 1;
  return kWrong;
}

int blocked() {
  sigset_t bus;
  sigemptyset(&bus);
  sigaddset(&bus, SIGBUS);
  sigprocmask(SIG_BLOCK, &bus, nullptr);
  return guard_works() ? 0 : kWrong;
}

// The handler before ours gets out by a jump of its own, as often as it likes.
int jump() {
  static int jumps = 0; // outlives the jumps, as a local might not
  if (sigsetjmp(back, 1) != 0) {
    ++jumps;
  }
  if (!guard_works()) {
    return kWrong;
  }
  return jumps < 3 ? foreign_fault() : 0;
}

int then_foreign_fault() {
  return guard_works() ? foreign_fault() : kWrong;
}

int sent_and_handled() {
  if (!guard_works()) {
    return kWrong;
  }
  raise(SIGBUS);
  raise(SIGBUS);
  return handled == 2 && guard_works() ? 0 : kWrong;
}

int sent() {
  if (guard_works()) {
    raise(SIGBUS);
  }
  return kWrong;
}

int sent_and_ignored() {
  if (!guard_works()) {
    return kWrong;
  }
  raise(SIGBUS);
  return guard_works() ? 0 : kWrong;
}

int guard_twice() {
  return guard_works() && guard_works() ? 0 : kWrong;
}

struct Case {
  const char* name;
  void (*prepare)();
  int (*act)();
};

void standard() {}
void ignore() {
  set_handler(SIG_IGN, 0);
}

constexpr Case kCases[] = {
    {"guard", standard, guard_twice},
    {"blocked", standard, blocked},
    {"default-fault", standard, then_foreign_fault},
    {"default-sent", standard, sent},
    {"ignored-fault", ignore, then_foreign_fault},
    {"ignored-sent", ignore, sent_and_ignored},
    {"plain-fault", [] { set_handler(on_signal_then_exit, 0); }, then_foreign_fault},
    {"plain-sent", [] { set_handler(on_signal, 0); }, sent_and_handled},
    {"info-fault", [] { set_info_handler(on_info, 0); }, then_foreign_fault},
    // Returns: the fault comes again, then the default.
    {"once-fault", [] { set_handler(on_signal, SA_RESETHAND); }, then_foreign_fault},
    {"jump", [] { set_info_handler(on_info_jump, 0); }, jump},
};

int run(const char* what) {
  set_handler(SIG_DFL, 0); // sanitizers put handlers of their own there
  for (const Case& one : kCases) {
    if (std::strcmp(what, one.name) == 0) {
      one.prepare();
      return one.act();
    }
  }
  return kWrong;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return kWrong;
  }
  bad = map_past_end(argv[2]);
  return bad == nullptr ? kWrong : run(argv[1]);
}
