// Runs tools in this process, with what they would write to the machine in a folder of the test's
// own.
#pragma once

#include "commands.h"
#include "context.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace famfs::tools::test {

struct Run {
  int exit = 0;
  std::string out, err;
};

// A folder in memory, gone with the object.
class Scratch {
public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  // A sparse file.
  [[nodiscard]] std::string device(const std::string& name, std::uint64_t size) const;

private:
  std::filesystem::path folder_;
};

class Tools {
public:
  using Tool = int (*)(Context&, const Args&);
  Run operator()(Tool tool, const Args& args);
  // Formats a new device of 64 MiB.
  std::string file_system(const std::string& name = "device");

  Scratch scratch;
  std::atomic<bool> interrupted{false};
  std::string mount_table = "/proc/self/mountinfo";
  std::chrono::milliseconds progress_after{500};
  media::BadRanges bad; // of every device
  Args replaced;        // what an exec would have become
  int replace_error = 0;
};

// Those of tests/support/omf.py in the folder "images", and the manifest of them.
nlohmann::json make_images(const Scratch& scratch);
// Paths of all that is in a folder, none of which may be a link or have a bit past 0777.
[[nodiscard]] std::set<std::string> tree_below(const std::string& folder);

[[nodiscard]] std::string slurp(const std::string& path);
void spill(const std::string& path, const std::string& text);
// Bytes, cheap to compare; of a sparse file too.
[[nodiscard]] std::size_t digest(const std::string& path);
[[nodiscard]] bool one_line(const std::string& text);
// The third word of the line that begins so, as scripts take it.
[[nodiscard]] std::string third_word(const std::string& text, const std::string& begin);

} // namespace famfs::tools::test
