#include "base/crc32.h"

#include "catch.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

#include <zlib.h>

using famfs::Bytes;

namespace {

std::uint32_t by_zlib(Bytes bytes, std::uint32_t seed = 0) {
  return static_cast<std::uint32_t>(
      ::crc32(seed, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

} // namespace

TEST_CASE("crc32 of the check string") {
  const std::string_view text = "123456789";
  CHECK(famfs::crc32(std::as_bytes(std::span(text))) == 0xcbf43926);
}

TEST_CASE("crc32 agrees with zlib at every length and alignment") {
  std::mt19937_64 random(1);
  std::vector<std::byte> bytes(4096 + 64);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
  for (const std::size_t length : {0, 1, 7, 15, 16, 17, 24, 63, 64, 65, 96, 255, 536, 1024, 4096}) {
    for (std::size_t start = 0; start < 33; start += 3) {
      const auto part = Bytes(bytes).subspan(start, length);
      CAPTURE(length, start);
      REQUIRE(famfs::crc32(part) == by_zlib(part));
    }
  }
}

TEST_CASE("crc32 goes on from a seed") {
  const std::string_view text = "one crc in two parts";
  const auto bytes = std::as_bytes(std::span(text));
  CHECK(famfs::crc32(bytes.subspan(5), famfs::crc32(bytes.first(5))) == famfs::crc32(bytes));
}
