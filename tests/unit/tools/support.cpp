#include "support.h"

#include "catch.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace famfs::tools::test {

Scratch::Scratch() {
  std::string name = "/dev/shm/famfs-test.XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  folder_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Scratch::device(const std::string& name, std::uint64_t size) const {
  const std::string at = path(name);
  spill(at, "");
  fs::resize_file(at, size);
  return at;
}

Run Tools::operator()(Tool tool, const Args& args) {
  std::ostringstream out;
  std::ostringstream err;
  Context context{
      .out = out,
      .err = err,
      .tty = false,
      .progress_after = progress_after,
      .interrupted = interrupted,
      .mount_table = mount_table,
      .program_directory = scratch.path("bin"),
      .holders = {.directory = scratch.path("holders"), .directory_uid = -1},
      .host_id = {.public_file = scratch.path("none"), .own_file = scratch.path("uuid")},
      .config = {.path = scratch.path("famfs.yaml")},
      .known_bad = [this](const media::DeviceInfo&) { return bad; },
      .replace_process =
          [this](const Args& command) {
            replaced = command;
            return replace_error;
          }};
  const int code = tool(context, args);
  return {.exit = code, .out = out.str(), .err = err.str()};
}

std::string Tools::file_system(const std::string& name) {
  const std::string device = scratch.device(name, 64ULL << 20);
  const Run made = (*this)(run_mkfs, {device});
  REQUIRE(made.err.empty());
  REQUIRE(made.exit == 0);
  return device;
}

nlohmann::json make_images(const Scratch& scratch) {
  const std::string folder = scratch.path("images");
  const std::string command =
      FAMFS_PYTHON " '" FAMFS_TEST_DATA "/support/omf.py' traps '" + folder + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  return nlohmann::json::parse(std::ifstream(folder + "/traps.json"));
}

std::set<std::string> tree_below(const std::string& folder) {
  std::set<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    CHECK(!entry.is_symlink());
    struct stat status{};
    CHECK(lstat(entry.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 07000) == 0);
    paths.insert(entry.path().string().substr(folder.size() + 1));
  }
  return paths;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  REQUIRE(out.good());
}

std::size_t digest(const std::string& path) {
  return std::hash<std::string>{}(slurp(path));
}

bool one_line(const std::string& text) {
  return text.size() > 1 && std::ranges::count(text, '\n') == 1 && text.back() == '\n';
}

std::string third_word(const std::string& text, const std::string& begin) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (line.find(begin) != std::string::npos) {
      return third;
    }
  }
  return "no such line";
}

} // namespace famfs::tools::test
