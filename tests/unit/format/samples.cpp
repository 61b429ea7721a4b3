#include "samples.h"

#include "base/crc32.h"

#include "catch.h"

#include <array>
#include <cstdio>

namespace famfs::format::sample {
namespace {

std::optional<FaultKind> kind(const std::optional<Fault>& fault) {
  if (!fault) {
    return std::nullopt;
  }
  CHECK(!fault->what.empty());
  CHECK(fault->what.find('\n') == std::string::npos);
  return fault->kind;
}

// The bytes before a CRC, then the CRC: true of all three structures.
template <std::size_t N> void seal_at(std::array<std::byte, N>& bytes, std::size_t crc_at) {
  store_le<std::uint64_t>(bytes, crc_at, crc32(Bytes(bytes).first(crc_at)));
}

FileMap map_of(MapKind kind, std::uint64_t chunk, std::initializer_list<Extent> extents) {
  FileMap map{.kind = kind, .chunk = chunk, .extents = {}};
  for (const Extent& extent : extents) {
    map.extents.push_back(extent);
  }
  return map;
}

} // namespace

FileEntry file() {
  FileEntry file = with_extents({{.device = 0, .offset = kData, .length = 4 * MiB}}, 3 * MiB);
  file.uid = 1000;
  file.gid = 1001;
  return file;
}

FileEntry interleaved_file() {
  return with_strips(2 * MiB,
                     {{.device = 0, .offset = kData, .length = 4 * MiB},
                      {.device = 0, .offset = kData + 20 * MiB, .length = 4 * MiB},
                      {.device = 0, .offset = kData + 10 * MiB, .length = 4 * MiB}},
                     11 * MiB);
}

MkdirEntry directory() {
  return {.path = RelPath("dir/sub"), .uid = 1, .gid = 2, .mode = 0755};
}

AddDeviceEntry device() {
  return {.size = GiB, .device = Uuid::random(), .index = 1};
}

Superblock superblock() {
  Superblock superblock;
  superblock.device_size = kDeviceSize;
  superblock.device_path = "/dev/dax0.0";
  return superblock;
}

void seal(EntryBytes& bytes) {
  seal_at(bytes, 536);
}
void seal(SuperblockBytes& bytes) {
  seal_at(bytes, 96);
}
void seal(LogHeaderBytes& bytes) {
  seal_at(bytes, 24);
}

std::optional<FaultKind> fault_of(const EntryBytes& bytes) {
  if (const auto fault = check_whole(bytes, 0)) {
    return kind(fault);
  }
  const auto entry = decode_entry(bytes, 0, kGeometry);
  if (entry) {
    return std::nullopt;
  }
  CHECK(reach(entry.error().kind) == Reach::entry);
  CHECK(entry.error().entry == 0U);
  CHECK(entry.error().offset == 2 * MiB + 48);
  return kind(entry.error());
}

std::optional<FaultKind> fault_of(const EntryBody& body) {
  const Entry entry{.seqnum = 0, .body = body};
  const auto as_value = kind(validate(entry, kGeometry));
  CHECK(fault_of(encode(entry)) == as_value);
  return as_value;
}

std::optional<FaultKind> fault_of(const SuperblockBytes& bytes) {
  return kind(validate(decode_superblock(bytes), bytes, kDeviceSize));
}

std::optional<FaultKind> fault_of(const LogHeaderBytes& bytes) {
  return kind(validate(decode_log_header(bytes), bytes, kGeometry));
}

FileEntry with_path(std::string_view path) {
  FileEntry changed = file();
  changed.path = RelPath(path);
  return changed;
}

FileEntry with_extents(std::initializer_list<Extent> extents, std::uint64_t size) {
  return {.path = RelPath("dir/file"),
          .size = size,
          .mode = 0644,
          .map = map_of(MapKind::simple, 0, extents)};
}

FileEntry with_strips(std::uint64_t chunk, std::initializer_list<Extent> strips,
                      std::uint64_t size) {
  return {.path = RelPath("dir/il"),
          .size = size,
          .mode = 0644,
          .map = map_of(MapKind::interleaved, chunk, strips)};
}

std::vector<std::byte> output_of(const std::string& command) {
  std::vector<std::byte> output;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<std::byte, 65536> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.insert(output.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
  }
  INFO(command);
  REQUIRE(::pclose(pipe) == 0);
  return output;
}

} // namespace famfs::format::sample
