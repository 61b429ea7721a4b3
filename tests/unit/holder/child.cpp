// The other process. A command is a line on fd 3, its answer a line on fd 4: "ok", or the errno and
// the message of what was refused. It ends with its standard input of commands.
//   hello
//   claim SLOT hold|hold_alone|observe MOUNT_POINT|- PATH…
//   listen SLOT PATH          claim for hold, and count what notify_failure tells
//   release SLOT
//   mount SLOT MOUNT_POINT
//   report PATH OFFSET LENGTH
//   told                      "COUNT OFFSET LENGTH", of the last
//   cycle PATH TIMES          claims and releases
#include "base/diag.h"
#include "base/error.h"
#include "catch.h"
#include "support.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>

#include <unistd.h>

namespace {

using namespace famfs;
using holder::Claim;
using holder::ClaimMode;

class Session {
public:
  explicit Session(const char* directory) : registry_({.directory = directory}) {}

  std::string run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "hello") {
      return "ok";
    }
    if (command == "claim") {
      return claim(words);
    }
    if (command == "listen") {
      return listen(words);
    }
    if (command == "told") {
      const std::lock_guard lock(mutex_);
      return fmt::format("{} {} {}", told_, offset_, length_);
    }
    if (command == "report") {
      return report(words);
    }
    if (command == "cycle") {
      return cycle(words);
    }
    std::string slot;
    std::string mount_point;
    words >> slot >> mount_point;
    if (command == "mount") {
      return text(claims_[slot].set_mount_point(mount_point));
    }
    claims_[slot].release();
    return "ok";
  }

private:
  static std::string text(const Result<void>& result) {
    return result ? "ok"
                  : fmt::format("{} {}", to_errno(result.error().code), result.error().message);
  }

  std::string take(const std::string& slot, const std::vector<std::string>& paths,
                   const holder::HolderInfo& info, ClaimMode mode) {
    std::vector<media::Device> devices;
    for (const auto& path : paths) {
      auto device = media::Device::open(path, media::Access::read_only);
      if (!device) {
        return text(std::unexpected(device.error()));
      }
      devices.push_back(std::move(*device));
    }
    std::vector<const media::Device*> pointers;
    for (const auto& device : devices) {
      pointers.push_back(&device);
    }
    auto claim = registry_.claim(pointers, owner_, info, mode);
    if (!claim) {
      return text(std::unexpected(claim.error()));
    }
    claims_[slot] = std::move(*claim);
    return "ok";
  }

  std::string claim(std::istream& words) {
    std::string slot;
    std::string mode;
    std::string mount_point;
    words >> slot >> mode >> mount_point;
    std::vector<std::string> paths;
    for (std::string path; words >> path;) {
      paths.push_back(path);
    }
    return take(slot, paths,
                {.program = "childd",
                 .mount_point = mount_point == "-" ? "" : mount_point,
                 .notify_failure = {}},
                mode == "hold"      ? ClaimMode::hold
                : mode == "observe" ? ClaimMode::observe
                                    : ClaimMode::hold_alone);
  }

  std::string listen(std::istream& words) {
    std::string slot;
    std::string path;
    words >> slot >> path;
    const auto note = [this](std::uint64_t offset, std::uint64_t length) {
      const std::lock_guard lock(mutex_);
      ++told_;
      offset_ = offset;
      length_ = length;
    };
    return take(slot, {path}, {.program = "childd", .mount_point = "", .notify_failure = note},
                ClaimMode::hold);
  }

  std::string report(std::istream& words) {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    words >> path >> offset >> length;
    const auto device = media::inspect(path);
    return device ? text(registry_.report_failure(device->id, offset, length))
                  : text(std::unexpected(device.error()));
  }

  std::string cycle(std::istream& words) {
    std::string path;
    int times = 0;
    words >> path >> times;
    for (int i = 0; i < times; ++i) {
      if (auto answer =
              take("cycle", {path},
                   {.program = "childd", .mount_point = "/mnt/cycle", .notify_failure = {}},
                   ClaimMode::hold);
          answer != "ok") {
        return answer;
      }
      claims_["cycle"].release();
    }
    return "ok";
  }

  holder::Registry registry_;
  holder::Owner owner_ = holder::Owner::make();
  std::map<std::string, Claim> claims_;
  std::mutex mutex_; // guards what follows
  int told_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t length_ = 0;
};

} // namespace

TEST_CASE(holder_test::kChildCase, "[.]") {
  const char* directory = std::getenv(holder_test::kDirectoryVariable);
  REQUIRE(directory != nullptr);
  diag::init({.program = "child", .level = diag::Level::info});
  Session session(directory);
  std::string line;
  for (char c = 0; ::read(holder_test::kCommandsFd, &c, 1) == 1;) {
    if (c != '\n') {
      line += c;
      continue;
    }
    const std::string answer = session.run(line) + "\n";
    REQUIRE(::write(holder_test::kAnswersFd, answer.data(), answer.size()) > 0);
    line.clear();
  }
}
