#include "program.h"

#include "base/diag.h"
#include "base/service.h"
#include "base/slow_answer.h"
#include "base/standard_descriptors.h"
#include "base_name.h"
#include "daemonize.h"
#include "memory_watch.h"
#include "options.h"
#include "session.h"
#include "signals.h"
#include "volume/about.h"
#include "volume/defaults.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include <sys/resource.h>

namespace famfs::daemon {
namespace {

// One line, under the name we were called by.
int complain(const std::string& name, int exit_code, const std::string& line) {
  if (!line.empty()) {
    std::fputs(fmt::format("{}: {}\n", name, line).c_str(), stderr);
  }
  return exit_code;
}

int complain(const std::string& name, const Error& error) {
  return complain(name, to_exit(error.code, ExitStyle::mount), error.message);
}

diag::Options diag_options(const CommandLine& line) {
  return {.program = "famfsd",
          .level = line.options.config.logging.level,
          .sink = line.foreground ? diag::Sink::standard_error : diag::Sink::syslog,
          .fields = {{"FAMFS_DEVICE", line.device}, {"FAMFS_MOUNT_POINT", line.mount_point}}};
}

// Paths as they will be after the daemon has left this directory, and as the kernel will show them.
Result<CommandLine> resolved(const std::string& name, CommandLine line) {
  // Another daemon's mount may be there already.
  const SlowAnswer slow(line.mount_point, kAnswerWithin,
                        [&](const std::string& text) { complain(name, 0, text); });
  auto mount_point = check_mount_point(line.mount_point);
  if (!mount_point) {
    return std::unexpected(mount_point.error());
  }
  line.mount_point = *mount_point;
  std::error_code error;
  if (auto device = std::filesystem::absolute(line.device, error); !error) {
    line.device = device.lexically_normal();
  }
  return line;
}

// What limits we get may be those of whoever called sudo(8). Descriptors: one for each process that
// a draft waits for (drafts.h), some to look into /proc. A file's size: an error of that write, and
// not our end.
void live_with_limits() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
}

// What a mount holds all its life, and some to look into /proc: so that none of it is wanting
// later.
Result<void> check_limits() {
  constexpr rlim_t least = 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < least) {
    return fail(Errc::system,
                fmt::format("RLIMIT_NOFILE is {}: too few descriptors: allow {} (LimitNOFILE=, "
                            "ulimit -Hn)",
                            limit.rlim_max, least));
  }
  return {};
}

// In the process that serves. What fails before it is ready is said once, to whoever waits.
int serve(const CommandLine& line, Parent& parent) {
  diag::init(diag_options(line));
  live_with_limits();
  block_ending_signals();
  fail_on_access_only();
  bool ready = false;
  const auto ended = run_session(line, [&] {
    ready = true;
    parent.tell_ready();
  });
  if (ended) {
    diag::info("{}: unmounted", line.mount_point);
    return 0;
  }
  const int exit_code = to_exit(ended.error().code, ExitStyle::mount);
  if (ready || line.foreground) {
    diag::error("{}", ended.error().message);
  } else {
    parent.tell_failure(exit_code, ended.error().message);
  }
  return exit_code;
}

int mount(const std::string& name, const CommandLine& line) {
  Parent parent;
  if (!line.foreground) {
    Forked forked = fork_daemon();
    if (!forked.child) {
      return complain(name, forked.outcome.exit_code, forked.outcome.line);
    }
    parent = std::move(forked.parent);
    service::leave();
  }
  return serve(line, parent);
}

Result<Config> configured() {
  auto file = volume::read_defaults(ConfigSource::usual());
  return file ? Result<Config>(file->config) : std::unexpected(std::move(file.error()));
}

} // namespace

int run(const std::vector<std::string>& args) {
  const std::string program = args.empty() ? "famfsd" : args[0];
  // mount.fuse.famfs is the same helper under the name that the type fuse.famfs gives it.
  const std::string name = called_as_helper(program) ? "mount.famfs" : base_name(program);
  const auto parsed = parse_command_line(args, configured);
  if (!parsed) {
    return complain(name, parsed.error());
  }
  if (parsed->help || parsed->list || parsed->version) {
    const std::string text = parsed->help   ? usage_text(name)
                             : parsed->list ? options_json(name)
                                            : volume::about("famfsd");
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
      return complain(name, unwritten_output());
    }
    return 0;
  }
  if (const auto enough = check_limits(); !enough) {
    return complain(name, enough.error());
  }
  const auto line = resolved(name, *parsed);
  if (!line) {
    return complain(name, line.error());
  }
  return line->fake ? 0 : mount(name, *line);
}

} // namespace famfs::daemon
