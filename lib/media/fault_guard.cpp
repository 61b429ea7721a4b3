#include "media/fault_guard.h"

#include "media/cache.h"

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstring>

#include <unistd.h>

namespace famfs::media {
namespace {

// What a guarded call works on; `to` and `from` may each be null.
struct Job {
  void* to = nullptr;
  const void* from = nullptr;
  std::size_t length = 0;
  std::uint64_t value = 0;
};

struct Granule {
  std::uintptr_t begin;
  std::uintptr_t end;
};

// On the stack of the guarded call. Guards nest: a signal handler may copy inside a copy.
struct Guard {
  explicit Guard(const Job& j) noexcept : job(j) {}
  Job job;
  std::size_t fault_offset = 0; // set by the handler, as is:
  Granule bad{};
  sigjmp_buf jump; // filled by sigsetjmp; zeroing 200 bytes would cost more than a small copy
};

// initial-exec: a handler must reach these without the allocation that lazily made TLS needs.
[[gnu::tls_model("initial-exec")]] constinit thread_local Guard* volatile innermost = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local bool thread_prepared = false;

constinit struct sigaction previous{};
constinit std::uintptr_t page_size = 4096;

// The bytes that are bad: for poison the kernel gives the start of the page and its size, which may
// be 2 MiB; for everything else the address, of which the page counts.
Granule bad_granule(const siginfo_t& info) noexcept {
  std::uintptr_t bytes = page_size;
  if (info.si_code == BUS_MCEERR_AR || info.si_code == BUS_MCEERR_AO) {
    constexpr int kMostBits = 40;
    if (info.si_addr_lsb > 0 && info.si_addr_lsb < kMostBits) {
      bytes = std::uintptr_t{1} << info.si_addr_lsb;
    }
  }
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(info.si_addr) & ~(bytes - 1);
  return {begin, begin + bytes};
}

// Cache maintenance works on whole lines, so a fault may lie up to a line outside the range.
bool find_fault(const void* range, std::size_t length, Granule bad, std::size_t& offset) noexcept {
  if (range == nullptr) {
    return false;
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(range);
  const std::uintptr_t first_line = begin & ~std::uintptr_t{kCacheLine - 1};
  const std::uintptr_t end = begin + length;
  if (bad.end <= first_line || bad.begin >= end) {
    return false;
  }
  offset = bad.begin > begin ? bad.begin - begin : 0;
  return true;
}

void die_as_default(int signal, const siginfo_t& info) noexcept {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, nullptr);
  // A fault comes again when the handler returns; a signal that was sent does not.
  if (info.si_code <= 0 || info.si_code == BUS_MCEERR_AO) {
    raise(signal);
  }
}

// As the kernel would have called it: with its own mask, and once only where it asked for that.
void call_previous(int signal, siginfo_t* info, void* context) noexcept {
  if ((previous.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
  }
  sigset_t blocked = previous.sa_mask;
  if ((previous.sa_flags & SA_NODEFER) == 0) {
    sigaddset(&blocked, signal);
  }
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else {
    previous.sa_handler(signal);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void pass_on(int signal, siginfo_t* info, void* context) noexcept {
  const bool plain = (previous.sa_flags & SA_SIGINFO) == 0;
  if (plain && previous.sa_handler == SIG_IGN) {
    // What was sent may be ignored. A fault may not: the kernel kills for it, so must we.
    if (info->si_code > 0 && info->si_code != BUS_MCEERR_AO) {
      die_as_default(signal, *info);
    }
  } else if (plain && previous.sa_handler == SIG_DFL) {
    die_as_default(signal, *info);
  } else {
    call_previous(signal, info, context);
  }
}

void on_sigbus(int signal, siginfo_t* info, void* context) {
  Guard* guard = innermost;
  if (guard != nullptr && info->si_code > 0) {
    const Granule bad = bad_granule(*info);
    const Job& job = guard->job;
    if (find_fault(job.from, job.length, bad, guard->fault_offset) ||
        find_fault(job.to, job.length, bad, guard->fault_offset)) {
      guard->bad = bad;
      siglongjmp(guard->jump, 1); // NOLINT(cert-err52-cpp): the only way out of a faulting load
    }
  }
  pass_on(signal, info, context);
}

bool install_handler() noexcept {
  page_size = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  // Known before ours can run.
  sigaction(SIGBUS, nullptr, &previous);
  struct sigaction ours{};
  ours.sa_sigaction = on_sigbus;
  // NODEFER: the jump out of the handler leaves the signal mask alone, which saves a system call
  // per copy. ONSTACK: the thread may be out of stack, or be a foreign one with a small stack.
  ours.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  return sigaction(SIGBUS, &ours, nullptr) == 0;
}

void prepare_thread() noexcept {
  static const bool installed = install_handler();
  static_cast<void>(installed);
  // A fault while SIGBUS is blocked kills the process, whatever the handler.
  sigset_t bus;
  sigemptyset(&bus);
  sigaddset(&bus, SIGBUS);
  pthread_sigmask(SIG_UNBLOCK, &bus, nullptr);
  thread_prepared = true;
}

// The handler runs with the thread's own mask, see install_handler; TSan's wrapper around it blocks
// all.
#ifdef __SANITIZE_THREAD__
constexpr int kSaveMask = 1;
#else
constexpr int kSaveMask = 0;
#endif

// No object with a destructor may live in here or in `act`: a fault jumps over them.
[[gnu::noinline]] CopyFault guarded(const Job& job, void (*act)(const Job&)) noexcept {
  if (!thread_prepared) {
    prepare_thread();
  }
  if (job.length == 0) {
    return {};
  }
  Guard guard(job);
  Guard* const outer = innermost;
  if (sigsetjmp(guard.jump, kSaveMask) != 0) { // NOLINT(cert-err52-cpp): see on_sigbus
    innermost = outer;
    return {.failed = true,
            .offset = guard.fault_offset,
            .bad_address = guard.bad.begin,
            .bad_length = guard.bad.end - guard.bad.begin};
  }
  innermost = &guard;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  act(job);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  innermost = outer;
  return {};
}

#ifdef __SANITIZE_THREAD__
// Device memory is read while others write it, by design: what was read is validated afterwards.
// TSan's own memcpy would report each such read.
[[gnu::no_sanitize("thread")]] void copy(const Job& job) {
  auto* to = static_cast<volatile char*>(job.to);
  const auto* from = static_cast<const volatile char*>(job.from);
  for (std::size_t i = 0; i < job.length; ++i) {
    to[i] = from[i];
  }
}
[[gnu::no_sanitize("thread")]] void zero(const Job& job) {
  auto* to = static_cast<volatile char*>(job.to);
  for (std::size_t i = 0; i < job.length; ++i) {
    to[i] = 0;
  }
}
#else
void copy(const Job& job) {
  std::memcpy(job.to, job.from, job.length);
}
void zero(const Job& job) {
  std::memset(job.to, 0, job.length);
}
#endif

[[gnu::no_sanitize("thread")]] void store_u64(const Job& job) {
  __atomic_store_n(static_cast<std::uint64_t*>(job.to), job.value, __ATOMIC_RELEASE);
}

// Emulators and CPUs without cache instructions take no fault on a flush: a load makes them.
[[gnu::no_sanitize("thread")]] void touch_pages(const Job& job) {
  const auto* bytes = static_cast<const volatile char*>(job.from);
  const std::uintptr_t to_next = page_size - reinterpret_cast<std::uintptr_t>(job.from) % page_size;
  static_cast<void>(*bytes);
  for (std::size_t i = to_next; i < job.length; i += page_size) {
    static_cast<void>(bytes[i]);
  }
}

void write_back(const Job& job) {
  touch_pages(job);
  write_back_lines(job.from, job.length, cache_ops());
}

void invalidate(const Job& job) {
  touch_pages(job);
  invalidate_lines(job.from, job.length, cache_ops());
}

} // namespace

CopyFault guarded_copy(void* to, const void* from, std::size_t length) noexcept {
  return guarded({.to = to, .from = from, .length = length}, copy);
}

CopyFault guarded_copy_written_back(void* to, const void* from, std::size_t length) noexcept {
  return guarded({.to = to, .from = from, .length = length}, [](const Job& job) {
    copy_written_back(job.to, job.from, job.length, cache_ops());
  });
}

CopyFault guarded_zero(void* to, std::size_t length) noexcept {
  return guarded({.to = to, .length = length}, zero);
}

CopyFault guarded_store_u64(void* to, std::uint64_t value) noexcept {
  return guarded({.to = to, .length = sizeof value, .value = value}, store_u64);
}

CopyFault guarded_write_back(const void* from, std::size_t length) noexcept {
  return guarded({.from = from, .length = length}, write_back);
}

CopyFault guarded_invalidate(const void* from, std::size_t length) noexcept {
  return guarded({.from = from, .length = length}, invalidate);
}

} // namespace famfs::media
