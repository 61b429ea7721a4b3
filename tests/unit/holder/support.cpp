#include "support.h"

#include "catch.h"

#include <array>
#include <cstdlib>
#include <fstream>

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holder_test {

namespace fs = std::filesystem;

Scratch::Scratch() {
  std::string name = "/dev/shm/famfs-test.XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
  fs::permissions(path_, fs::perms(0755)); // other users take part
}

Scratch::~Scratch() {
  fs::remove_all(path_);
}

famfs::holder::Registry::Options Scratch::options() const {
  return {.directory = directory()};
}

std::string Scratch::make(const std::string& name) const {
  const auto path = (path_ / name).string();
  {
    const std::ofstream file(path);
  }
  fs::resize_file(path, 4UL << 20);
  return path;
}

famfs::media::Device Scratch::device(const std::string& name) const {
  return open_device(make(name));
}

std::vector<std::string> Scratch::left() const {
  std::vector<std::string> names;
  if (fs::exists(directory())) {
    for (const auto& entry : fs::directory_iterator(directory())) {
      names.push_back(entry.path().filename());
    }
  }
  return names;
}

famfs::media::Device open_device(const std::string& path) {
  auto device = famfs::media::Device::open(path, famfs::media::Access::read_write);
  INFO((device ? "" : device.error().message));
  REQUIRE(device);
  return std::move(*device);
}

namespace {

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  ssize_t n = 0;
  while ((n = ::pread(fd, part.data(), part.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  return text;
}

// Between fork and exec: system calls only.
void become(const ChildOptions& options, const char* directory) {
  if (options.own_mount_namespace &&
      (::unshare(CLONE_NEWNS) != 0 ||
       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
       ::mount("tmpfs", directory, "tmpfs", 0, "mode=755") != 0)) {
    ::_exit(1);
  }
  if (options.uid != 0 && (::setresgid(options.uid, options.uid, options.uid) != 0 ||
                           ::setresuid(options.uid, options.uid, options.uid) != 0)) {
    ::_exit(1);
  }
}

} // namespace

Child::Child(const ChildOptions& options) : log_(::memfd_create("log", MFD_CLOEXEC)) {
  std::array<int, 2> to{};
  std::array<int, 2> from{};
  REQUIRE(::pipe2(to.data(), O_CLOEXEC) == 0);
  REQUIRE(::pipe2(from.data(), O_CLOEXEC) == 0);
  commands_ = famfs::UniqueFd(to[1]);
  answers_ = famfs::UniqueFd(from[0]);
  // Out of the way of the numbers that the child has them at.
  const famfs::UniqueFd low_to(to[0]);
  const famfs::UniqueFd low_from(from[1]);
  const famfs::UniqueFd child_to(::fcntl(to[0], F_DUPFD_CLOEXEC, 20));
  const famfs::UniqueFd child_from(::fcntl(from[1], F_DUPFD_CLOEXEC, 20));
  const famfs::UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const std::string directory = options.directory.string();
  ::setenv(kDirectoryVariable, directory.c_str(), 1);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(nothing.get(), 0);
    ::dup2(nothing.get(), 1);
    ::dup2(log_.get(), 2);
    ::dup2(child_to.get(), kCommandsFd);
    ::dup2(child_from.get(), kAnswersFd);
    become(options, directory.c_str());
    ::execl("/proc/self/exe", "child", kChildCase, static_cast<char*>(nullptr));
    ::_exit(1);
  }
  // Closed here now, so that its end shows on the pipe; the log's offset is the child's.
}

Child::~Child() {
  kill();
  CHECK_FALSE(contains(log(), "Sanitizer")); // its reports have nowhere else to show
}

bool Child::started() {
  return started_ || (started_ = ask("hello") == "ok");
}

void Child::send(const std::string& command) {
  const std::string line = command + "\n";
  // A child that died shows in the answer. SIGPIPE is off, as Catch2 does not handle it.
  ::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(!::write(commands_.get(), line.data(), line.size()));
}

std::string Child::answer() {
  std::string line;
  char c = 0;
  while (::read(answers_.get(), &c, 1) == 1 && c != '\n') {
    line += c;
  }
  return line;
}

std::string Child::ask(const std::string& command) {
  send(command);
  return answer();
}

void Child::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

std::string Child::log() const {
  return read_all(log_.get());
}

CapturedLog::CapturedLog()
    : file_(::memfd_create("log", MFD_CLOEXEC)), before_(::fcntl(2, F_DUPFD_CLOEXEC, 20)) {
  ::dup2(file_.get(), 2);
}

CapturedLog::~CapturedLog() {
  ::dup2(before_.get(), 2);
}

std::string CapturedLog::text() const {
  return read_all(file_.get());
}

} // namespace holder_test
