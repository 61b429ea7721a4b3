#include "samples.h"

#include "catch.h"

using namespace famfs;
using namespace famfs::format;
using sample::fault_of;
using enum FaultKind;

namespace {

template <class Fn> SuperblockBytes with(Fn change) {
  Superblock superblock = sample::superblock();
  change(superblock);
  return encode(superblock);
}

SuperblockBytes with_log(std::uint64_t length) {
  return with([=](Superblock& s) { s.log_length = length; });
}

SuperblockBytes with_device_size(std::uint64_t size) {
  return with([=](Superblock& s) { s.device_size = size; });
}

} // namespace

TEST_CASE("a good superblock is good, and its geometry is the device's") {
  CHECK(!fault_of(encode(sample::superblock())));
  const Geometry where = geometry(sample::superblock(), sample::kDeviceSize + MiB);
  CHECK(where.device_size == sample::kDeviceSize);
  CHECK(where.data_begin() == sample::kData);
  CHECK(where.data_end() == sample::kDeviceSize);
}

TEST_CASE("trap: superblock that mkfs --kill made invalid") {
  CHECK(fault_of(with([](Superblock& s) { s.magic = 0; })) == superblock_magic);
  CHECK(fault_of(SuperblockBytes{}) == superblock_magic);
}

TEST_CASE("trap: superblock version 47") {
  CHECK(fault_of(with([](Superblock& s) { s.version = 47; })) == superblock_version);
  CHECK(fault_of(with([](Superblock& s) { s.version = 49; })) == superblock_version);
}

TEST_CASE("trap: OMF major 9") {
  CHECK(fault_of(with([](Superblock& s) { s.omf_major = 9; })) == superblock_omf);
  CHECK(fault_of(with([](Superblock& s) { s.omf_minor = 3; })) == superblock_omf);
}

TEST_CASE("trap: each byte of a superblock that its CRC covers") {
  const SuperblockBytes good = encode(sample::superblock());
  for (std::size_t i = 0; i < 104; ++i) {
    SuperblockBytes bytes = good;
    bytes[i] ^= std::byte{0x10};
    CAPTURE(i);
    CHECK(fault_of(bytes) == (i < 8    ? superblock_magic
                              : i < 16 ? superblock_version
                                       : superblock_crc));
  }
}

TEST_CASE("trap: superblock log_offset is elsewhere") {
  for (const std::uint64_t offset : {std::uint64_t{0}, 4 * MiB, std::uint64_t{1} << 63}) {
    CHECK(fault_of(with([=](Superblock& s) { s.log_offset = offset; })) == superblock_log);
  }
}

TEST_CASE("trap: log_len of 1 TiB") {
  CHECK(fault_of(with_log(TiB)) == superblock_log);
  CHECK(fault_of(with_log(std::uint64_t{1} << 63)) ==
        superblock_log); // log_end would wrap at 2^63·2
  CHECK(fault_of(with_log(sample::kDeviceSize)) == superblock_log);
  CHECK(!fault_of(with_log(sample::kDeviceSize / 2)));
}

TEST_CASE("trap: log_len that is not a power of two, or too small") {
  CHECK(fault_of(with_log(0)) == superblock_log);
  CHECK(fault_of(with_log(4 * MiB)) == superblock_log);
  CHECK(fault_of(with_log(12 * MiB)) == superblock_log);
  CHECK(fault_of(with_log(8 * MiB + 1)) == superblock_log);
  CHECK(fault_of(with_log(UINT64_MAX)) == superblock_log);
}

TEST_CASE("trap: alloc_unit of 12345") {
  for (const std::uint64_t unit :
       {std::uint64_t{0}, std::uint64_t{12345}, std::uint64_t{1}, 4 * MiB, UINT64_MAX}) {
    CHECK(fault_of(with([=](Superblock& s) { s.alloc_unit = unit; })) == superblock_alloc_unit);
  }
  CHECK(!fault_of(with([](Superblock& s) { s.alloc_unit = 4096; })));
}

TEST_CASE("trap: device size of 0 or 2^60") {
  CHECK(fault_of(with_device_size(0)) == superblock_device_size);
  CHECK(fault_of(with_device_size(std::uint64_t{1} << 60)) == superblock_device_size);
  CHECK(fault_of(with_device_size(UINT64_MAX)) == superblock_device_size);
  CHECK(fault_of(with_device_size(sample::kDeviceSize + 1)) == superblock_device_size);
  CHECK(fault_of(with_device_size(10 * MiB - 1)) == superblock_device_size);
  CHECK(!fault_of(with_device_size(10 * MiB)));
}

TEST_CASE("trap: a device smaller than its superblock's region") {
  const SuperblockBytes bytes = encode(sample::superblock());
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{200}, 2 * MiB, 10 * MiB - 1}) {
    CHECK(validate(decode_superblock(bytes), bytes, size)->kind == superblock_log);
  }
}

TEST_CASE("trap: device path without a NUL") {
  const std::string longest(64, '/');
  const auto bytes = with([&](Superblock& s) { s.device_path = longest + "cut"; });
  CHECK(!fault_of(bytes));
  CHECK(decode_superblock(bytes).device_path == longest);
}
