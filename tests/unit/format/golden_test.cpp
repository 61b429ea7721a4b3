// Images written by the public famfs tools: what we read in them, and that we would write the same.
#include "samples.h"

#include "catch.h"

#include <algorithm>
#include <array>

using namespace famfs;
using namespace famfs::format;

namespace {

constexpr std::uint64_t kGoldenDevice = 8 * GiB;

class Golden {
public:
  explicit Golden(const std::string& name)
      : bytes_(sample::output_of("xz -dc '" FAMFS_TEST_DATA "/golden/" + name + ".head.img.xz'")) {
    REQUIRE(bytes_.size() == 10 * MiB);
  }
  [[nodiscard]] Bytes at(std::uint64_t offset, std::size_t length) const {
    return Bytes(bytes_).subspan(offset, length);
  }
  [[nodiscard]] Superblock superblock() const { return decode_superblock(at(0, kSuperblockSize)); }
  [[nodiscard]] LogHeader header() const {
    return decode_log_header(at(kLogOffset, kLogHeaderSize));
  }
  [[nodiscard]] Entry entry(std::uint64_t index) const {
    const Bytes bytes = at(entry_offset(index), kEntrySize);
    CAPTURE(index);
    REQUIRE(!check_whole(bytes, index));
    auto entry = decode_entry(bytes, index, geometry(superblock(), kGoldenDevice));
    INFO((entry ? "" : entry.error().what));
    REQUIRE(entry);
    return *entry;
  }

private:
  std::vector<std::byte> bytes_;
};

template <std::size_t N> bool same(const std::array<std::byte, N>& bytes, Bytes golden) {
  return std::ranges::equal(bytes, golden);
}

void check_directory(const Entry& entry, std::string_view path, std::uint32_t uid,
                     std::uint32_t gid, std::uint32_t mode) {
  CAPTURE(path);
  REQUIRE(std::holds_alternative<MkdirEntry>(entry.body));
  const auto& directory = std::get<MkdirEntry>(entry.body);
  CHECK(directory.path.view() == path);
  CHECK(directory.uid == uid);
  CHECK(directory.gid == gid);
  CHECK(directory.mode == mode);
}

FileEntry file_of(const Entry& entry, std::string_view path, std::uint64_t size) {
  CAPTURE(path);
  REQUIRE(std::holds_alternative<FileEntry>(entry.body));
  const auto& file = std::get<FileEntry>(entry.body);
  CHECK(file.path.view() == path);
  CHECK(file.size == size);
  CHECK(file.flags == kFileAllHostsWrite);
  return file;
}

} // namespace

TEST_CASE("golden: superblock and header decode, validate and encode to the same bytes") {
  for (const std::string name : {"empty8g", "basic8g"}) {
    CAPTURE(name);
    const Golden golden(name);
    const auto bytes = golden.at(0, kSuperblockSize);
    const Superblock superblock = golden.superblock();
    CHECK(!validate(superblock, bytes, kGoldenDevice));
    CHECK(!flags_fault(superblock));
    CHECK(same(encode(superblock), bytes));
    CHECK(superblock.log_length == 8 * MiB);
    CHECK(superblock.alloc_unit == 2 * MiB);
    CHECK(superblock.device_size == kGoldenDevice);
    CHECK(superblock.device_path.ends_with("dax0.0"));
    CHECK(superblock.system.text()[14] == '4');

    const auto header_bytes = golden.at(kLogOffset, kLogHeaderSize);
    const LogHeader header = golden.header();
    const auto where = geometry(superblock, kGoldenDevice);
    CHECK(!validate(header, header_bytes, where));
    CHECK(!counters_fault(header));
    CHECK(same(encode(header), header_bytes));
    CHECK(header.last_index == 15'419);
    CHECK(header.next_index == (name == "empty8g" ? 0 : 11));
    LogHeader made = make_log_header(8 * MiB);
    made.next_index = made.next_seqnum = header.next_index;
    CHECK(same(encode(made), header_bytes));
  }
}

TEST_CASE("golden: each entry decodes, validates and encodes to the same bytes") {
  const Golden golden("basic8g");
  const auto where = geometry(golden.superblock(), kGoldenDevice);
  for (std::uint64_t i = 0; i < golden.header().next_index; ++i) {
    CAPTURE(i);
    const Entry entry = golden.entry(i);
    CHECK(!validate(entry, where));
    CHECK(same(encode(entry), golden.at(entry_offset(i), kEntrySize)));
  }
}

TEST_CASE("golden: the directories and files that famfs made") {
  const Golden golden("basic8g");
  check_directory(golden.entry(0), "d1", 0, 0, 0755);
  check_directory(golden.entry(1), "a", 1000, 1001, 0700);
  check_directory(golden.entry(2), "a/b", 1000, 1001, 0700);
  check_directory(golden.entry(3), "a/b/c", 1000, 1001, 0700);
  const FileEntry first = file_of(golden.entry(4), "seed42_8m", 8 * MiB);
  CHECK(first.map.kind == MapKind::simple);
  REQUIRE(first.map.extents.size() == 1);
  CHECK(first.map.extents[0] == Extent{.device = 0, .offset = 10 * MiB, .length = 8 * MiB});
  CHECK(first.mode == 0644);
  file_of(golden.entry(5), "seed1_4096", 4096);
  const FileEntry owned = file_of(golden.entry(6), "a/b/c/seed7_3000001", 3'000'001);
  CHECK(owned.uid == 1000);
  CHECK(owned.gid == 1001);
  CHECK(owned.mode == 0600);
  CHECK(owned.map.capacity() == 4 * MiB);
  file_of(golden.entry(7), "d1/passwd", 1221);
  file_of(golden.entry(8), "unseeded_100m", 100 * MiB);
}

TEST_CASE("golden: the interleaved files that famfs made") {
  const Golden golden("basic8g");
  const FileEntry three = file_of(golden.entry(9), "il_3of8_64m", 64 * MiB);
  CHECK(three.map.kind == MapKind::interleaved);
  CHECK(three.map.chunk == 2 * MiB);
  CHECK(three.map.extents.size() == 3);
  CHECK(three.map.capacity() == 66 * MiB);
  const FileEntry seven = file_of(golden.entry(10), "il_7of8_33m_c4m", 33 * MiB);
  CHECK(seven.map.chunk == 4 * MiB);
  CHECK(seven.map.extents.size() == 7);
  CHECK(seven.map.extents[0].length == 8 * MiB);
}
