// Progress and interrupts: what is drawn, where, and what is left.
#include "support.h"

#include "base/units.h"
#include "cli.h"
#include "progress.h"

#include "catch.h"

#include <nlohmann/json.hpp>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

namespace {

struct Terminal {
  std::ostringstream out, err;
  std::atomic<bool> interrupted{false};
  Context context{.out = out,
                  .err = err,
                  .tty = true,
                  .progress_after = std::chrono::milliseconds(0),
                  .interrupted = interrupted,
                  .program_directory = {},
                  .replace_process = {}};
};

} // namespace

TEST_CASE("Progress on a terminal: bytes, rate, time left; the line is wiped") {
  Terminal terminal;
  {
    Progress progress(terminal.context, "a\x1b[2Jfile", 4 * MiB);
    progress.add(1 * MiB);
    const std::string line = terminal.err.str();
    CAPTURE(line);
    CHECK(line.starts_with("\r\033[Ka\\x1b[2Jfile  1 MiB of 4 MiB  "));
    CHECK(line.find("/s  ") != std::string::npos);
    CHECK(line.ends_with(" s left"));
    progress.add(1 * MiB); // at once: not drawn again
    CHECK(terminal.err.str() == line);
  }
  CHECK(terminal.err.str().ends_with(" s left\r\033[K"));
}

TEST_CASE("Progress elsewhere: nothing; with json, lines of JSON, terminal or not") {
  Terminal terminal;
  terminal.context.tty = false;
  {
    Progress progress(terminal.context, "file", 4 * MiB);
    progress.add(1 * MiB);
  }
  CHECK(terminal.err.str().empty());
  {
    Progress progress(terminal.context, "file", 4 * MiB, Progress::Style::json);
    progress.set(1 * MiB, 8 * MiB);
  }
  CHECK(one_line(terminal.err.str()));
  const auto told = nlohmann::json::parse(terminal.err.str());
  CHECK(told["progress"] == "file");
  CHECK(told["done_bytes"] == 1 * MiB);
  CHECK(told["total_bytes"] == 8 * MiB);
  CHECK(told["bytes_per_second"].is_number_unsigned());
  CHECK(told["seconds_left"].is_number());
}

TEST_CASE("What is done soon needs no progress") {
  Terminal terminal;
  terminal.context.progress_after = std::chrono::hours(1);
  Progress progress(terminal.context, "file", 4 * MiB, Progress::Style::json);
  progress.add(1 * MiB);
  CHECK(terminal.err.str().empty());
}

TEST_CASE("mkfs and fsck --json: progress as lines on standard error, the result on the other") {
  Tools tools;
  tools.progress_after = std::chrono::milliseconds(0);
  const std::string device = tools.scratch.device("device", 64 * MiB);
  for (const auto& run :
       {tools(run_mkfs, {"--json", device}), tools(run_fsck, {"--json", device})}) {
    CHECK(run.exit == 0);
    CHECK(nlohmann::json::accept(run.out));
    std::istringstream lines(run.err);
    for (std::string line; std::getline(lines, line);) {
      CHECK(nlohmann::json::parse(line)["progress"] == "log");
    }
  }
  CHECK(tools(run_mkfs, {"-f", "--json", device}).err.find("\"done_bytes\":") != std::string::npos);
  CHECK(tools(run_mkfs, {"-f", device}).err.empty());
}

TEST_CASE("mkfs that is interrupted leaves no file system, and says so") {
  Tools tools;
  const std::string device = tools.file_system();
  tools.interrupted = true;
  const Run run = tools(run_mkfs, {"-f", device});
  CHECK(run.exit == to_exit(Errc::interrupted));
  CHECK(one_line(run.err));
  CHECK(run.err.find("interrupted: there is no file system on it now") != std::string::npos);
  CHECK(tools(run_mkfs, {"--size", "64m", tools.scratch.path("new")}).exit != 0);
  CHECK(!std::filesystem::exists(tools.scratch.path("new")));
  tools.interrupted = false;
  CHECK(tools(run_fsck, {device}).exit == 4);
  CHECK(tools(run_mkfs, {device}).exit == 0);
}

TEST_CASE("logplay --shadow that is interrupted says how far it came") {
  Tools tools;
  const std::string device = tools.file_system();
  (void)make_images(tools.scratch);
  tools.interrupted = true;
  const Run run = tools(
      run_logplay, {"-S", tools.scratch.path("shadow"), "-d", tools.scratch.path("images/good")});
  CHECK(run.exit == to_exit(Errc::interrupted));
  CHECK(one_line(run.err));
  CHECK(run.err.starts_with("famfs logplay: interrupted: 0 of "));
}
