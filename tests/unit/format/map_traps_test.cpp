// Entries whose CRC is right and whose file map is not.
#include "samples.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::format;
using sample::fault_of;
using sample::kData;
using sample::kDeviceSize;
using sample::spoilt;
using sample::with_extents;
using sample::with_strips;
using enum FaultKind;

namespace {

constexpr std::uint64_t kUnit = 2 * MiB;

std::optional<FaultKind> extent_fault(std::uint64_t offset, std::uint64_t length,
                                      std::uint64_t device = 0) {
  return fault_of(EntryBody(
      with_extents({{.device = device, .offset = offset, .length = length}}, length > 0 ? 1 : 0)));
}

FileEntry with_size(FileEntry file, std::uint64_t size) {
  file.size = size;
  return file;
}

} // namespace

TEST_CASE("extents may touch both ends of the data") {
  CHECK(!extent_fault(kData, kUnit));
  CHECK(!extent_fault(kDeviceSize - kUnit, kUnit));
  CHECK(!extent_fault(kData, kDeviceSize - kData));
}

TEST_CASE("trap: extent past the device") {
  CHECK(extent_fault(kDeviceSize, kUnit) == extent_past_device);
  CHECK(extent_fault(kDeviceSize - kUnit, 2 * kUnit) == extent_past_device);
  CHECK(extent_fault(std::uint64_t{1} << 62, kUnit) == extent_past_device);
}

TEST_CASE("trap: extent past the last whole allocation unit") {
  Geometry odd = sample::kGeometry;
  odd.device_size -= 4096;
  const Entry entry{.seqnum = 0,
                    .body = with_extents({{.offset = kDeviceSize - kUnit, .length = kUnit}})};
  CHECK(validate(entry, odd)->kind == extent_past_device);
}

TEST_CASE("trap: extent of length 2^62, and sums that wrap") {
  CHECK(extent_fault(kData, std::uint64_t{1} << 62) == extent_past_device);
  CHECK(extent_fault(kData, UINT64_MAX - kUnit + 1) == extent_past_device);
  CHECK(extent_fault(UINT64_MAX - kUnit + 1, kUnit) == extent_past_device);
  CHECK(extent_fault(UINT64_MAX - kUnit + 1, 64 * kUnit) == extent_past_device);
}

TEST_CASE("trap: extent at offset 0") {
  CHECK(extent_fault(0, kUnit) == extent_in_metadata);
}

TEST_CASE("trap: extent over the log") {
  CHECK(extent_fault(kLogOffset, kUnit) == extent_in_metadata);
  CHECK(extent_fault(kData - kUnit, kUnit) == extent_in_metadata);
  CHECK(extent_fault(kData - kUnit, 4 * kUnit) == extent_in_metadata);
}

TEST_CASE("trap: extent unaligned") {
  CHECK(extent_fault(kData + 4096, kUnit) == extent_unaligned);
  CHECK(extent_fault(kData, kUnit + 4096) == extent_unaligned);
  CHECK(extent_fault(kData, 1) == extent_unaligned);
  CHECK(extent_fault(UINT64_MAX, UINT64_MAX) == extent_unaligned);
}

TEST_CASE("extents of 4096 bytes are good where that is the allocation unit") {
  Geometry small = sample::kGeometry;
  small.alloc_unit = kSmallAllocUnit;
  const Entry entry{.seqnum = 0, .body = with_extents({{.offset = kData + 4096, .length = 4096}})};
  CHECK(!validate(entry, small));
  CHECK(validate(entry, sample::kGeometry)->kind == extent_unaligned);
}

TEST_CASE("trap: extent of length 0") {
  CHECK(extent_fault(kData, 0) == extent_empty);
}

TEST_CASE("trap: extent over the file's own") {
  CHECK(fault_of(EntryBody(with_extents({{.offset = kData, .length = 2 * kUnit},
                                         {.offset = kData + kUnit, .length = kUnit}}))) ==
        extent_overlap);
  CHECK(fault_of(EntryBody(with_extents({{.offset = kData, .length = kUnit},
                                         {.offset = kData, .length = kUnit}}))) == extent_overlap);
  CHECK(!fault_of(EntryBody(with_extents(
      {{.offset = kData + kUnit, .length = kUnit}, {.offset = kData, .length = kUnit}}))));
}

TEST_CASE("trap: 17 or 1000 extents") {
  CHECK(fault_of(spoilt(sample::file(), 128, 17U)) == extent_count);
  CHECK(fault_of(spoilt(sample::file(), 128, 1000U)) == extent_count);
  CHECK(fault_of(spoilt(sample::file(), 128, UINT32_MAX)) == extent_count);
}

TEST_CASE("16 extents are good") {
  FileEntry file = sample::file();
  file.map.extents.clear();
  for (std::uint64_t i = 0; i < 16; ++i) {
    file.map.extents.push_back({.offset = kData + i * kUnit, .length = kUnit});
  }
  file.size = 16 * kUnit;
  CHECK(!fault_of(EntryBody(file)));
}

TEST_CASE("trap: 0 or 1000 strips") {
  for (const std::uint64_t strips : {std::uint64_t{0}, std::uint64_t{17}, std::uint64_t{1000},
                                     std::uint64_t{1} << 32, UINT64_MAX}) {
    CAPTURE(strips);
    CHECK(fault_of(spoilt(sample::interleaved_file(), 136, strips)) == strip_count);
  }
  CHECK(fault_of(EntryBody(with_strips(kUnit, {}))) == strip_count);
}

TEST_CASE("trap: 0 or 1000 sets of strips") {
  for (const std::uint32_t sets : {0U, 2U, 1000U, UINT32_MAX}) {
    CHECK(fault_of(spoilt(sample::interleaved_file(), 128, sets)) == extent_count);
  }
}

TEST_CASE("trap: chunk 0, or no power of two of at least 2 MiB") {
  for (const std::uint64_t chunk :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4096}, MiB, 3 * kUnit, UINT64_MAX}) {
    CAPTURE(chunk);
    CHECK(fault_of(spoilt(sample::interleaved_file(), 144, chunk)) == strip_chunk);
  }
}

TEST_CASE("trap: strips that are not whole chunks, or not equally long") {
  CHECK(fault_of(spoilt(sample::interleaved_file(), 144, 8 * MiB)) == strip_length);
  CHECK(fault_of(spoilt(sample::interleaved_file(), 144, std::uint64_t{1} << 63)) == strip_length);
  CHECK(fault_of(EntryBody(with_strips(kUnit, {{.offset = kData, .length = 2 * kUnit},
                                               {.offset = kData + 4 * kUnit, .length = kUnit}}))) ==
        strip_length);
}

TEST_CASE("trap: strips over each other, over the log, past the device") {
  const auto fault_with = [](std::uint64_t second) {
    return fault_of(EntryBody(with_strips(
        kUnit, {{.offset = kData, .length = 2 * kUnit}, {.offset = second, .length = 2 * kUnit}})));
  };
  CHECK(!fault_with(kData + 2 * kUnit));
  CHECK(fault_with(kData + kUnit) == extent_overlap);
  CHECK(fault_with(kLogOffset) == extent_in_metadata);
  CHECK(fault_with(kDeviceSize - kUnit) == extent_past_device);
}

TEST_CASE("trap: size 0 with extents, and extents for none") {
  CHECK(fault_of(EntryBody(with_size(sample::file(), 0))) == file_size_zero);
  CHECK(fault_of(EntryBody(with_size(sample::interleaved_file(), 0))) == file_size_zero);
  CHECK(fault_of(EntryBody(with_extents({}, 1))) == extent_count);
  CHECK(!fault_of(EntryBody(with_extents({}, 0)))); // the one way to be an empty file
}

TEST_CASE("trap: size beyond the extents") {
  CHECK(!fault_of(EntryBody(with_size(sample::file(), 4 * MiB))));
  CHECK(fault_of(EntryBody(with_size(sample::file(), 4 * MiB + 1))) == file_size_beyond_extents);
  CHECK(!fault_of(EntryBody(with_size(sample::interleaved_file(), 12 * MiB))));
  CHECK(fault_of(EntryBody(with_size(sample::interleaved_file(), 12 * MiB + 1))) ==
        file_size_beyond_extents);
}

TEST_CASE("trap: size 2^64 - 1") {
  CHECK(fault_of(EntryBody(with_size(sample::file(), UINT64_MAX))) == file_size_beyond_extents);
  CHECK(fault_of(EntryBody(with_size(sample::interleaved_file(), UINT64_MAX))) ==
        file_size_beyond_extents);
}

TEST_CASE("trap: unknown map type") {
  for (const std::uint32_t type : {2U, 3U, 256U, UINT32_MAX}) {
    CHECK(fault_of(spoilt(sample::file(), 120, type)) == map_type);
  }
}

TEST_CASE("trap: device index without a device") {
  CHECK(extent_fault(kData, kUnit, 1) == extent_device);
  CHECK(extent_fault(kData, kUnit, UINT64_MAX) == extent_device);
  const Entry entry{.seqnum = 0,
                    .body = with_extents({{.device = 1, .offset = kData, .length = kUnit}})};
  CHECK(!validate(entry, sample::kGeometry, 2));
}
