// What a tool sees of the terminal and the operating system: one seam, so that tests run every tool
// in their own process. A tool's logic is a function int(Context&, const Args&) that returns the
// exit code.
#pragma once

#include "base/config.h"
#include "base/error.h"
#include "base/host_id.h"
#include "base/slow_answer.h"
#include "holder/registry.h"
#include "media/device.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace famfs::tools {

using Args = std::vector<std::string>; // without the program's name

struct Context {
  std::ostream& out;
  std::ostream& err;
  bool tty = false; // err is a terminal: progress may be drawn on it
  // What is done sooner needs no progress.
  std::chrono::milliseconds progress_after{500};
  // What a mount's daemon is asked and has not answered by then is said to be slow.
  std::chrono::seconds answer_within = kAnswerWithin;
  // Set by the first SIGINT or SIGTERM; what can be stopped half-way looks at it and undoes its
  // work.
  const std::atomic<bool>& interrupted;
  // Who speaks, and whose exit codes: of the command line that was read last. Command sets them.
  std::string program = "famfs";
  ExitStyle style = ExitStyle::general;
  std::string mount_table = "/proc/self/mountinfo";
  std::string
      program_directory; // where the running program lies: its siblings are looked for there
  holder::Registry::Options holders{};
  HostIdFiles host_id{};
  ConfigSource config = ConfigSource::usual();
  // What is known to be bad of a device. Tests make some up: a stand-in has no list.
  std::function<media::BadRanges(const media::DeviceInfo&)> known_bad =
      [](const media::DeviceInfo& info) { return info.bad.value_or(media::BadRanges()); };
  // Replaces the process (execvp); returns only to say why it could not, as an errno.
  std::function<int(const Args& command)> replace_process;
};

// The real one. Installs the handlers behind `interrupted`.
[[nodiscard]] Context process_context();

// For main(): the arguments as Args, a broken pipe and exceptions as exit codes.
[[nodiscard]] int run_main(int argc, char** argv, int (*tool)(Context&, const Args&));

} // namespace famfs::tools
