#include "run_program.h"

#include "base/fd.h"
#include "base/text.h"

#include <array>
#include <cerrno>
#include <vector>

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Result<Finished> run_program(const std::string& program, const Args& command) {
  // Not a pipe: a daemon left behind may keep it open, and we would read for ever.
  const UniqueFd errors(memfd_create("stderr", MFD_CLOEXEC));
  if (!errors) {
    return fail_errno(errno, "memfd_create");
  }
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(
        const_cast<char*>(word.c_str())); // NOLINT: posix_spawn's signature predates const
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, errors.get(), STDERR_FILENO);
  pid_t pid = 0;
  const int err = posix_spawnp(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (err != 0) {
    return fail_errno(err, printable(program), "is famfs installed whole?");
  }
  const int code = wait_for(pid);
  return Finished{.exit = code, .errors = read_all(errors.get())};
}

} // namespace famfs::tools
