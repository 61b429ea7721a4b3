// The images of tests/support/omf.py, which knows the format without our code: what it calls a
// trap, we do, and what it calls good, we read.
#include "samples.h"

#include "catch.h"

#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>

using namespace famfs;
using namespace famfs::format;

namespace fs = std::filesystem;

namespace {

class Images {
public:
  Images() {
    std::string name = "/dev/shm/famfs-test.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    sample::output_of(FAMFS_PYTHON " '" FAMFS_TEST_DATA "/support/omf.py' traps '" + name + "'");
    manifest_ = nlohmann::json::parse(std::ifstream(folder_ / "traps.json"));
  }
  ~Images() { fs::remove_all(folder_); }
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  [[nodiscard]] const nlohmann::json& manifest() const { return manifest_; }
  [[nodiscard]] fs::path file(const std::string& name) const { return folder_ / name; }

private:
  fs::path folder_;
  nlohmann::json manifest_;
};

template <std::size_t N> std::array<std::byte, N> read_at(std::ifstream& in, std::uint64_t offset) {
  std::array<std::byte, N> bytes{};
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(reinterpret_cast<char*>(bytes.data()), N);
  REQUIRE(in.good());
  return bytes;
}

// The first fault that the structures have by themselves, in the order a mount reads them.
std::optional<Fault> first_fault(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::uint64_t device_size = fs::file_size(path);
  const auto superblock_bytes = read_at<kSuperblockSize>(in, 0);
  const Superblock superblock = decode_superblock(superblock_bytes);
  if (auto fault = validate(superblock, superblock_bytes, device_size)) {
    return fault;
  }
  if (auto fault = flags_fault(superblock)) {
    return fault;
  }
  const Geometry where = geometry(superblock, device_size);
  const auto header_bytes = read_at<kLogHeaderSize>(in, kLogOffset);
  const LogHeader header = decode_log_header(header_bytes);
  if (auto fault = validate(header, header_bytes, where)) {
    return fault;
  }
  for (std::uint64_t i = 0; i < header.next_index; ++i) {
    const auto bytes = read_at<kEntrySize>(in, entry_offset(i));
    if (auto fault = check_whole(bytes, i)) {
      return fault;
    }
    if (auto entry = decode_entry(bytes, i, where); !entry) {
      return entry.error();
    }
  }
  return counters_fault(header);
}

// What takes the whole namespace to see: the volume's to find.
bool needs_volume(const std::string& image, const std::string& fault) {
  static const std::set<std::string> kFaults = {"path-duplicate", "path-parent-missing",
                                                "path-parent-is-file"};
  return kFaults.contains(fault) || image == "extent-over-file";
}

} // namespace

TEST_CASE("images made without our code: each trap is found, and each good one is good") {
  const Images images;
  CHECK(images.manifest().size() > 100);
  for (const auto& [name, expected] : images.manifest().items()) {
    const auto fault = first_fault(images.file(name));
    const auto wanted =
        expected["fault"].is_null() ? std::string() : expected["fault"].get<std::string>();
    CAPTURE(name, wanted);
    INFO((fault ? describe(*fault) : "no fault"));
    if (wanted.empty() || needs_volume(name, wanted)) {
      CHECK(!fault);
    } else {
      REQUIRE(fault);
      CHECK(format::name(fault->kind) == wanted);
    }
  }
}
