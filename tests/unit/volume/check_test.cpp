#include "support.h"

#include "volume/check.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::testing;
using format::FaultKind;

namespace {

void append(Rig& rig, const format::EntryBody& body) {
  log::Writer writer(rig.memory, rig.volume->geometry(), rig.volume->usage().log_entries);
  REQUIRE(writer.append(body));
  rig.reopen();
}

format::FileEntry file(std::string_view path, std::uint64_t unit) {
  format::FileEntry entry{.path = format::RelPath(path), .size = 10, .mode = 0644, .map = {}};
  entry.map.extents.push_back({.offset = 10 * MiB + unit * kUnit, .length = kUnit});
  return entry;
}

} // namespace

TEST_CASE("a check counts what is there") {
  Rig rig;
  (void)rig.directory("d");
  (void)rig.committed("f", text_of(3 * MiB));
  const NodeId striped = rig.create("striped");
  REQUIRE(rig.volume->lay_out(
      striped,
      {.size = 5 * MiB, .stripes = alloc::Stripes{.strips = 3, .buckets = 3, .chunk = kUnit}}));
  rig.commit(striped);
  const auto free = rig.free_bytes();
  Faults faults;
  std::vector<std::uint64_t> progress;
  rig.memory.forget_events();
  const auto report = volume::check(rig.memory, faults, [&](auto done, auto total) {
    CHECK(total == 3);
    progress.push_back(done);
    return true;
  });
  REQUIRE(report);
  CHECK(report->famfs);
  CHECK(report->usable);
  CHECK(report->device_bytes == 64 * MiB);
  CHECK(report->log_length == 8 * MiB);
  CHECK(report->alloc_unit == kUnit);
  CHECK(report->entries == 3);
  CHECK(report->capacity == 15420);
  CHECK(report->unread == 0);
  CHECK(report->files == 2);
  CHECK(report->directories == 1);
  CHECK(report->interleaved_files == 1);
  CHECK(report->extents == 4);
  CHECK(report->file_bytes == 8 * MiB);
  CHECK(report->free_bytes == free);
  CHECK(report->allocated_bytes == 54 * MiB - free);
  CHECK(report->faults == 0);
  CHECK(faults.all.empty());
  CHECK(progress == std::vector<std::uint64_t>{3});
  for (const Event& event : rig.memory.events()) {
    CHECK((event.op == Op::invalidate || event.op == Op::fence));
  }
}

TEST_CASE("a check can be stopped") {
  Rig rig;
  Faults faults;
  CHECK(code_of(volume::check(rig.memory, faults, [](auto, auto) { return false; })) ==
        Errc::interrupted);
}

TEST_CASE("a check says what lies behind an entry that is not whole") {
  Rig rig;
  for (int i = 0; i < 5; ++i) {
    (void)rig.directory(fmt::format("d{}", i));
  }
  rig.memory.raw()[format::entry_offset(2) + 77] ^= std::byte{1};
  Faults faults;
  const auto report = volume::check(rig.memory, faults);
  REQUIRE(report);
  CHECK(report->usable);
  CHECK(report->faults == 1);
  CHECK(report->entries == 5);
  CHECK(report->unread == 3);
  CHECK(report->directories == 2);
  REQUIRE(faults.all.size() == 1);
  CHECK(faults.all[0].what.find("2 committed entries are behind it") != std::string::npos);
}

TEST_CASE("bad memory is an entry's fault in the log, and an error in superblock and header") {
  Rig rig;
  (void)rig.directory("a");
  (void)rig.directory("b");
  Faults faults;
  rig.memory.fail_at(format::entry_offset(1) + 8, 1);
  const auto report = volume::check(rig.memory, faults);
  REQUIRE(report);
  CHECK(report->unread == 1);
  REQUIRE(faults.all.size() == 1);
  CHECK(faults.all[0].kind == FaultKind::entry_unreadable);
  rig.memory.fail_at(format::kLogOffset, 1);
  CHECK(code_of(volume::check(rig.memory, faults)) == Errc::io);
  rig.memory.fail_at(0, 1);
  CHECK(code_of(volume::check(rig.memory, faults)) == Errc::io);
}

TEST_CASE("an entry that overlaps is refused whole, and takes nothing") {
  Rig rig;
  (void)rig.committed("f", "x"); // in unit 0
  auto bad = file("bad", 5);
  bad.map.extents.push_back({.offset = 10 * MiB, .length = kUnit});
  const auto free = rig.free_bytes();
  append(rig, bad);
  REQUIRE(rig.faults.all.size() == 1);
  CHECK(rig.faults.all[0].kind == FaultKind::extent_overlap);
  CHECK(rig.faults.all[0].entry == 1u);
  CHECK(rig.faults.all[0].what.find("extent 1") != std::string::npos);
  CHECK(rig.names() == std::vector<std::string>{"f"});
  CHECK(rig.free_bytes() == free);
}

TEST_CASE("a file whose path is wrong is refused, but its space is not given to others") {
  Rig rig;
  (void)rig.committed("f", "first"); // in unit 0
  const auto free = rig.free_bytes();
  append(rig, file("f", 1));
  append(rig, file("missing/f", 2));
  append(rig, file("f/g", 3));
  append(rig, file("f", 0)); // the same path and the same space: the path is what is said
  std::vector<FaultKind> kinds;
  rig.faults.all.clear();
  rig.reopen();
  for (const auto& fault : rig.faults.all) {
    kinds.push_back(fault.kind);
  }
  CHECK(kinds == std::vector{FaultKind::path_duplicate, FaultKind::path_parent_missing,
                             FaultKind::path_parent_is_file, FaultKind::path_duplicate});
  CHECK(rig.free_bytes() == free - 3 * kUnit);
  CHECK(rig.read(rig.lookup("f")).starts_with("first"));
  // The volume goes on, past all of them.
  (void)rig.committed("g", "second");
  rig.reopen();
  CHECK(rig.read(rig.lookup("g")) == "second");
  Faults faults;
  CHECK(volume::check(rig.memory, faults)->faults == 4);
}

TEST_CASE("counters that are apart are fsck's to say, and no mount's to stumble over") {
  Rig rig;
  (void)rig.directory("d");
  const std::uint64_t other = 77;
  std::memcpy(rig.memory.raw().data() + format::kLogOffset + format::kNextSeqnumOffset, &other,
              sizeof other);
  Faults faults;
  CHECK(volume::check(rig.memory, faults)->faults == 1);
  CHECK(faults.all.at(0).kind == FaultKind::header_counters);
  rig.reopen();
  CHECK(rig.faults.all.empty());
  (void)rig.directory("e");
  faults.all.clear();
  CHECK(volume::check(rig.memory, faults)->faults == 0);
}

TEST_CASE("a dump has every field that there is") {
  Rig rig;
  (void)rig.directory("d");
  (void)rig.committed("f", text_of(100));
  const NodeId striped = rig.create("striped \xff");
  REQUIRE(rig.volume->lay_out(
      striped,
      {.size = 5 * MiB, .stripes = alloc::Stripes{.strips = 2, .buckets = 3, .chunk = kUnit}}));
  rig.commit(striped);
  append(rig, file("f", 20));
  append(rig, file("../f", 21));
  const auto dumped = volume::dump(rig.memory);
  REQUIRE(dumped);
  const auto& d = *dumped;
  CHECK(d["superblock"]["version"] == 48);
  CHECK(d["superblock"]["system_uuid"] == rig.volume->superblock().system.text());
  CHECK(d["superblock"]["device_path"] == "/dev/dax0.0");
  CHECK(d["log"]["next_index"] == 5);
  CHECK(d["log"]["capacity"] == 15420);
  const auto& entries = d["entries"];
  REQUIRE(entries.size() == 5);
  CHECK(entries[0]["type"] == "MKDIR");
  CHECK(entries[0]["path"] == "d");
  CHECK(entries[0]["mode"] == 0755);
  CHECK(entries[1]["type"] == "FILE");
  CHECK(entries[1]["index"] == 1);
  CHECK(entries[1]["size"] == 100);
  CHECK(entries[1]["uid"] == 1);
  CHECK(entries[1]["gid"] == 2);
  CHECK(entries[1]["extents"][0]["offset"] == 10 * MiB);
  CHECK(entries[1]["extents"][0]["length"] == kUnit);
  CHECK_FALSE(entries[1].contains("fault"));
  CHECK(entries[2]["strips"].size() == 2);
  CHECK(entries[2]["chunk"] == kUnit);
  CHECK(entries[2]["path"] == "striped \xef\xbf\xbd");
  CHECK(entries[2]["path_hex"] == "7374726970656420ff");
  CHECK(entries[3]["path"] == "f");
  CHECK(entries[3]["fault"]["kind"] == "path-duplicate");
  CHECK(entries[4]["fault"]["kind"] == "path-component");
  CHECK_FALSE(to_json(d).empty());
}

TEST_CASE("a dump of a broken volume has what can be had") {
  Rig rig;
  (void)rig.directory("a");
  (void)rig.directory("b");
  (void)rig.directory("c");
  SECTION("an entry that is not whole is the last") {
    rig.memory.raw()[format::entry_offset(1) + 5] ^= std::byte{1};
    const auto d = *volume::dump(rig.memory);
    REQUIRE(d["entries"].size() == 2);
    CHECK(d["entries"][1]["fault"]["kind"] == "entry-crc");
  }
  SECTION("a bad header has its fields, and no entries") {
    rig.memory.raw()[format::kLogOffset + 8] ^= std::byte{1};
    const auto d = *volume::dump(rig.memory);
    CHECK(d["log"]["fault"]["kind"] == "header-crc");
    CHECK(d["log"]["next_index"] == 3);
    CHECK(d["entries"].empty());
  }
  SECTION("a bad superblock has its fields, and nothing else") {
    rig.memory.raw()[8] = std::byte{47};
    const auto d = *volume::dump(rig.memory);
    CHECK(d["superblock"]["version"] == 47);
    CHECK(d["superblock"]["fault"]["kind"] == "superblock-version");
    CHECK(d["log"].empty());
    CHECK(d["entries"].empty());
  }
}
