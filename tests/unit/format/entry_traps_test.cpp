// Entries whose CRC is right and whose content is not: type, path, mode, flags. Maps:
// map_traps_test.cpp.
#include "samples.h"

#include "catch.h"

#include <algorithm>
#include <string>

using namespace famfs;
using namespace famfs::format;
using sample::fault_of;
using sample::spoilt;
using sample::with_path;
using enum FaultKind;

namespace {

std::optional<FaultKind> directory_fault(std::string_view path) {
  MkdirEntry directory = sample::directory();
  directory.path = RelPath(path);
  const auto found = fault_of(EntryBody(directory));
  CHECK(fault_of(EntryBody(with_path(path))) == found); // the same rules for both
  CHECK(path_fault(path) == found);
  return found;
}

EntryBytes without_nul(const EntryBody& body, std::size_t path_at, std::byte after) {
  EntryBytes bytes = encode(Entry{.seqnum = 0, .body = body});
  const auto path = bytes.begin() + static_cast<std::ptrdiff_t>(path_at);
  std::fill_n(path, 80, std::byte{'n'});
  path[80] = after;
  sample::seal(bytes);
  return bytes;
}

} // namespace

TEST_CASE("good entries are good") {
  CHECK(!fault_of(EntryBody(sample::file())));
  CHECK(!fault_of(EntryBody(sample::interleaved_file())));
  CHECK(!fault_of(EntryBody(sample::directory())));
  CHECK(!fault_of(EntryBody(sample::device())));
}

TEST_CASE("trap: entry with a wrong CRC, or with bits in the CRC's upper half") {
  const EntryBytes good = encode(Entry{.seqnum = 0, .body = sample::file()});
  for (std::size_t i = 0; i < kEntrySize; ++i) {
    EntryBytes bytes = good;
    bytes[i] ^= std::byte{0x80};
    CAPTURE(i);
    REQUIRE(fault_of(bytes) == entry_crc);
  }
  CHECK(fault_of(EntryBytes{}) == entry_crc);
}

TEST_CASE("trap: entry with another's sequence number") {
  const EntryBytes bytes = encode(Entry{.seqnum = 7, .body = sample::file()});
  CHECK(!check_whole(bytes, 7));
  CHECK(check_whole(bytes, 8)->kind == entry_seqnum);
  CHECK(check_whole(bytes, 8)->entry == 8U);
}

TEST_CASE("trap: entry types that are named and never written, or unknown") {
  for (const std::uint32_t type : {2U, 4U, 5U, 255U, UINT32_MAX}) {
    CHECK(fault_of(EntryBody(OtherEntry{type})) == entry_type);
    CHECK(fault_of(spoilt(sample::file(), 8, type)) == entry_type);
  }
}

TEST_CASE("trap: path with ..") {
  for (const char* const path : {"..", "../x", "a/../../x", "a/..", "a/../b"}) {
    CAPTURE(path);
    CHECK(directory_fault(path) == path_component);
  }
}

TEST_CASE("trap: path with . or an empty component") {
  for (const char* const path : {".", "./x", "a/.", "a/./b", "a//b", "a/", "a/b/"}) {
    CAPTURE(path);
    CHECK(directory_fault(path) == path_component);
  }
}

TEST_CASE("trap: absolute path") {
  for (const char* const path : {"/", "/x", "//x", "/../x"}) {
    CAPTURE(path);
    CHECK(directory_fault(path) == path_absolute);
  }
}

TEST_CASE("trap: empty path") {
  CHECK(directory_fault("") == path_empty);
}

TEST_CASE("trap: path without a NUL") {
  // A NUL right after the field must not save it; nor must there be any at all.
  for (const std::byte after : {std::byte{0}, std::byte{'n'}}) {
    CHECK(fault_of(without_nul(sample::file(), 40, after)) == path_not_terminated);
    CHECK(fault_of(without_nul(sample::directory(), 28, after)) == path_not_terminated);
  }
  CHECK(path_fault(std::string(80, 'n')) == path_not_terminated);
  CHECK(!directory_fault(std::string(79, 'n')));
}

TEST_CASE("trap: .meta names") {
  CHECK(directory_fault(".meta") == path_reserved);
  CHECK(directory_fault(".meta/.log") == path_reserved);
  CHECK(directory_fault(".meta/../x") == path_reserved);
  CHECK(!directory_fault(".metadata"));
  CHECK(!directory_fault("a/.meta"));
}

TEST_CASE("trap: a NUL in a path that is to be written") {
  CHECK(path_fault(std::string_view("a\0b", 3)) == path_component);
}

TEST_CASE("trap: names with newlines or bytes that are not UTF-8 are names") {
  for (const char* const path :
       {"new\nline", "\xff\xfe", "\x01\x02", "tab\t/\r", "...", "..a", " "}) {
    CAPTURE(path);
    CHECK(!directory_fault(path));
    const auto bytes = encode(Entry{.seqnum = 0, .body = with_path(path)});
    const auto entry = decode_entry(bytes, 0, sample::kGeometry);
    REQUIRE(entry);
    CHECK(std::get<FileEntry>(entry->body).path.view() == path);
  }
}

TEST_CASE("trap: a hostile path is one printable line in the fault") {
  const auto bytes =
      encode(Entry{.seqnum = 0, .body = with_path("../\x1b[31m\nfamfs: all is well")});
  const auto entry = decode_entry(bytes, 0, sample::kGeometry);
  REQUIRE(!entry);
  const std::string line = describe(entry.error());
  CHECK(std::ranges::none_of(line, [](char c) { return c == '\n' || c == '\x1b'; }));
}

TEST_CASE("trap: setuid modes, and file type bits") {
  for (const std::uint32_t mode : {04755U, 02755U, 01777U, 0100644U, UINT32_MAX}) {
    CAPTURE(mode);
    FileEntry file = sample::file();
    file.mode = mode;
    CHECK(fault_of(EntryBody(file)) == mode_bits);
    MkdirEntry directory = sample::directory();
    directory.mode = mode;
    CHECK(fault_of(EntryBody(directory)) == mode_bits);
  }
}

TEST_CASE("trap: file flags that the format does not have") {
  for (const std::uint32_t flags : {0U, 3U, 4U, UINT32_MAX}) {
    FileEntry file = sample::file();
    file.flags = flags;
    CHECK(fault_of(EntryBody(file)) == file_flags);
  }
  FileEntry file = sample::file();
  file.flags = kFileAllHostsRead;
  CHECK(!fault_of(EntryBody(file)));
}

TEST_CASE("trap: an added device that cannot be") {
  AddDeviceEntry device = sample::device();
  device.index = 0;
  CHECK(fault_of(EntryBody(device)) == device_index);
  device.index = UINT32_MAX;
  CHECK(fault_of(EntryBody(device)) == device_index);
  device = sample::device();
  device.size = 0;
  CHECK(fault_of(EntryBody(device)) == device_index);
}

TEST_CASE("unused bytes of an entry are ignored, but under the CRC") {
  EntryBytes bytes = encode(Entry{.seqnum = 0, .body = sample::directory()});
  bytes[400] = std::byte{0xaa};
  CHECK(fault_of(bytes) == entry_crc);
  sample::seal(bytes);
  CHECK(!fault_of(bytes));
}
