// What the holder tests share: a scratch folder with stand-in devices, and other processes that do
// as they are told (this program again, in a hidden test case; child.cpp has the commands).
#pragma once

#include "base/fd.h"
#include "holder/registry.h"
#include "media/device.h"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace holder_test {

// Removed with all that is in it.
class Scratch {
public:
  Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path directory() const { return path_ / "run" / "holders"; }
  [[nodiscard]] famfs::holder::Registry::Options options() const;
  // A stand-in of 4 MiB; opened too.
  [[nodiscard]] std::string make(const std::string& name) const;
  [[nodiscard]] famfs::media::Device device(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> left() const; // names in the directory

private:
  std::filesystem::path path_;
};

[[nodiscard]] famfs::media::Device open_device(const std::string& path);

struct ChildOptions {
  std::filesystem::path directory;
  bool own_mount_namespace = false; // with an empty `directory` of its own
  uid_t uid = 0;                    // not 0: becomes that user
};

// Another process with a registry of its own.
class Child {
public:
  explicit Child(const Scratch& scratch) : Child(ChildOptions{.directory = scratch.directory()}) {}
  explicit Child(const ChildOptions& options);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child(); // ends it
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool started(); // false: could not become what the options want
  void send(const std::string& command);
  [[nodiscard]] std::string answer();                        // "" when it died
  [[nodiscard]] std::string ask(const std::string& command); // send, then its answer
  void kill();                                               // SIGKILL, and waits
  [[nodiscard]] std::string log() const;                     // its standard error so far

private:
  pid_t pid_ = -1;
  famfs::UniqueFd commands_;
  famfs::UniqueFd answers_;
  famfs::UniqueFd log_;
  bool started_ = false;
};

// While it lives, standard error goes to where text() reads.
class CapturedLog {
public:
  CapturedLog();
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog();
  [[nodiscard]] std::string text() const;

private:
  famfs::UniqueFd file_;
  famfs::UniqueFd before_;
};

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline constexpr int kCommandsFd = 3;
inline constexpr int kAnswersFd = 4;
inline constexpr const char* kChildCase = "child process";
inline constexpr const char* kDirectoryVariable = "FAMFS_TEST_DIRECTORY";

} // namespace holder_test
