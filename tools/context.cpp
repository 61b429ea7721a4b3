#include "context.h"

#include "base/standard_descriptors.h"
#include "cli.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>

#include <unistd.h>

namespace famfs::tools {
namespace {

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "it is set in a signal handler");

extern "C" void note_signal(int /*signal*/) {
  g_interrupted.store(true);
}

// One-shot: whoever asks twice wants out now, whatever is left behind.
void watch_signals() {
  struct sigaction action{};
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND); // no SA_RESTART: a blocked call must return
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaction(signal, &action, nullptr);
  }
}

int replace_process(const Args& command) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str())); // NOLINT: execvp's signature predates const
  }
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  return errno;
}

std::string program_directory() {
  std::error_code ignored; // without /proc, siblings are looked for in PATH alone
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

} // namespace

Context process_context() {
  watch_signals();
  return Context{.out = std::cout,
                 .err = std::cerr,
                 .tty = isatty(STDERR_FILENO) == 1,
                 .interrupted = g_interrupted,
                 .program_directory = program_directory(),
                 .replace_process = replace_process};
}

int run_main(int argc, char** argv, int (*tool)(Context&, const Args&)) {
  open_standard_descriptors();
  try {
    Context context = process_context();
    const int code = tool(context, Args(argv + (argc > 0 ? 1 : 0), argv + argc));
    context.out.flush();
    if (!context.out) {
      const int failed = report(context, context.program, unwritten_output(), context.style);
      return code == 0 ? failed : code;
    }
    return code;
  } catch (const std::exception& e) {
    std::cerr << "famfs: out of memory, or a fault of the program: " << e.what() << '\n';
    return to_exit(Errc::no_memory);
  }
}

} // namespace famfs::tools
