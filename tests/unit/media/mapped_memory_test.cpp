#include "catch.h"
#include "scratch.h"

#include "media/device.h"

#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace famfs;
using namespace famfs::media;

namespace {

constexpr std::uint64_t kSize = 1 << 20;
constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

std::unique_ptr<Memory> map(const std::string& path, Access access = Access::read_write,
                            std::uint64_t length = 0) {
  const auto device = Device::open(path, access);
  REQUIRE(device);
  auto memory = device->map(length);
  REQUIRE(memory);
  return std::move(*memory); // the device closes here; the mapping stays
}

std::vector<std::byte> pattern(std::size_t length) {
  std::vector<std::byte> bytes(length);
  for (std::size_t i = 0; i < length; ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 + 1);
  }
  return bytes;
}

std::vector<std::byte> read_file(const std::string& path, std::size_t offset, std::size_t length) {
  std::vector<std::byte> bytes(length);
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(length));
  return bytes;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("what is stored is in the file, and the other way round") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  const auto memory = map(path);
  REQUIRE(memory->size() == kSize);
  const auto bytes = pattern(10'000);
  REQUIRE(memory->store(12'345, bytes));
  REQUIRE(memory->write_back(12'345, bytes.size()));
  memory->fence();
  CHECK(read_file(path, 12'345, bytes.size()) == bytes);
  REQUIRE(memory->zero(12'346, 5));
  std::vector<std::byte> back(7);
  REQUIRE(memory->load(12'345, back));
  CHECK(back[0] == bytes[0]);
  CHECK(back[1] == std::byte{0});
  CHECK(back[5] == std::byte{0});
  CHECK(back[6] == bytes[6]);
  CHECK(std::memcmp(memory->address(12'345), back.data(), back.size()) == 0);
}

TEST_CASE("two mappings of a device are the same memory") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  const auto one = map(path);
  const auto other = map(path, Access::read_only);
  REQUIRE(one->store_u64(4096, 99));
  std::uint64_t seen = 0;
  REQUIRE(other->load(4096, std::as_writable_bytes(std::span(&seen, 1))));
  CHECK(seen == 99);
}

TEST_CASE("write-back and invalidation change no byte, also on a read-only mapping") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  const auto memory = map(path);
  const auto reader = map(path, Access::read_only);
  const auto bytes = pattern(kSize);
  REQUIRE(memory->store(0, bytes));
  for (const Memory* each : {memory.get(), reader.get()}) {
    REQUIRE(each->invalidate(0, kSize));
    REQUIRE(each->invalidate(1, 130));
    each->fence();
  }
  REQUIRE(memory->write_back(0, kSize));
  REQUIRE(memory->write_back(63, 2));
  REQUIRE(reader->write_back(0, kSize));
  CHECK(read_file(path, 0, kSize) == bytes);
}

TEST_CASE("bounds hold for every call and do not wrap") {
  const scratch::Folder folder;
  const auto memory = map(folder.file("device", kSize));
  std::array<std::byte, 16> bytes{};
  const auto refused = [](const Result<void>& result) {
    return !result && result.error().code == Errc::invalid;
  };
  for (const std::uint64_t offset : {kSize - 15, kSize, kSize + 1, kHuge - 15, kHuge - 7, kHuge}) {
    CAPTURE(offset);
    CHECK(refused(memory->load(offset, bytes)));
    CHECK(refused(memory->store(offset, bytes)));
    CHECK(refused(memory->zero(offset, 16)));
    CHECK(refused(memory->write_back(offset, 16)));
    CHECK(refused(memory->invalidate(offset, 16)));
  }
  for (const std::uint64_t length : {kSize, kHuge, kHuge - 7}) {
    CAPTURE(length);
    CHECK(refused(memory->zero(8, length)));
    CHECK(refused(memory->write_back(8, length)));
    CHECK(refused(memory->invalidate(8, length)));
  }
  CHECK(refused(memory->store_u64(kSize, 1)));
  CHECK(refused(memory->store_u64(kHuge - 7, 1)));
  CHECK(memory->store_u64(kSize - 8, 1));
  CHECK(memory->load(kSize, MutableBytes()));
  CHECK(memory->zero(kSize, 0));
  CHECK(memory->load(kSize - 16, bytes));
  CHECK(memory->address(kSize) == nullptr);
  CHECK(memory->address(kHuge) == nullptr);
}

TEST_CASE("an 8-byte store takes multiples of 8 only") {
  const scratch::Folder folder;
  const auto memory = map(folder.file("device", kSize));
  for (std::uint64_t offset = 1; offset < 8; ++offset) {
    const auto result = memory->store_u64(offset, kHuge);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::invalid);
  }
  std::array<std::byte, 16> bytes{};
  REQUIRE(memory->load(0, bytes));
  CHECK(bytes == std::array<std::byte, 16>{});
}

TEST_CASE("no reader sees an 8-byte store in part") {
  const scratch::Folder folder;
  const auto memory = map(folder.file("device", kSize));
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    while (!stop) {
      std::uint64_t seen = 0;
      if (memory->load(40, std::as_writable_bytes(std::span(&seen, 1)))) {
        torn += seen == 0 || seen == kHuge ? 0 : 1;
      }
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    REQUIRE(memory->store_u64(40, i % 2 == 0 ? kHuge : 0));
  }
  stop = true;
  reader.join();
#ifndef __SANITIZE_THREAD__ // there the guard copies byte by byte
  CHECK(torn == 0);
#endif
}

TEST_CASE("a read-only mapping refuses stores and leaves the bytes") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  const auto memory = map(path, Access::read_only);
  const auto bytes = pattern(8);
  for (const auto& result :
       {memory->store(0, bytes), memory->zero(0, 8), memory->store_u64(0, 1)}) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::read_only);
    CHECK(contains(result.error().message, path));
  }
}

TEST_CASE("a file truncated under the mapping gives io, with path and offset, never a signal") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize);
  const auto memory = map(path);
  const auto reader = map(path, Access::read_only);
  std::filesystem::resize_file(path, kSize / 2);
  const std::uint64_t gone = kSize / 2 + 8192;
  std::vector<std::byte> bytes(64);
  for (const auto& result :
       {memory->load(gone, bytes), memory->store(gone, bytes), memory->zero(gone, 64),
        memory->store_u64(gone, 1), memory->write_back(gone, 64), memory->invalidate(gone, 64),
        reader->load(gone, bytes), reader->invalidate(gone, 64), reader->write_back(gone, 64)}) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::io);
    CHECK(contains(result.error().message, path));
    CHECK(contains(result.error().message, "offset " + std::to_string(gone)));
  }
  CHECK(memory->load(0, bytes));
  const auto across = memory->load(kSize / 2 - 32, bytes);
  REQUIRE_FALSE(across);
  CHECK(contains(across.error().message, "offset " + std::to_string(kSize / 2)));
  std::filesystem::resize_file(path, kSize);
  CHECK(memory->load(gone, bytes));
}

TEST_CASE("the length is rounded down to the alignment, and must be there") {
  const scratch::Folder folder;
  const std::string path = folder.file("device", kSize + 100);
  CHECK(map(path)->size() == kSize);
  CHECK(map(path, Access::read_only, 8192)->size() == 8192);
  CHECK(map(path, Access::read_only, 10'000)->size() == 8192);
  const auto device = Device::open(path, Access::read_write);
  REQUIRE(device);
  CHECK(device->map(kSize + 101).error().code == Errc::invalid);
  CHECK(device->map(kHuge).error().code == Errc::invalid);
  CHECK(device->map(100).error().code == Errc::invalid);
  std::filesystem::resize_file(path, 4096);
  const auto gone = device->map();
  REQUIRE_FALSE(gone);
  CHECK(contains(gone.error().message, path));
}

TEST_CASE("a file shorter than a page cannot be mapped") {
  const scratch::Folder folder;
  const auto device = Device::open(folder.file("device", 100), Access::read_only);
  REQUIRE(device);
  CHECK(device->map().error().code == Errc::invalid);
}
