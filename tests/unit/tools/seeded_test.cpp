// The content of a seed is what the public famfs tools write: docs/format.md's table, byte for
// byte.
#include "seeded.h"

#include "catch.h"

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

using namespace famfs;
using tools::SeededContent;

namespace {

struct Row {
  std::uint32_t seed;
  std::size_t size;
  const char* sha256;
  const char* first;
};

constexpr std::array<Row, 4> kRows{
    {{42, 8'388'608, "6aceabfa06d468608614b8fd961afb502de1bfa208c0e5ec5af279928407ec3b",
      "985f52e27afb0c3df88c822b402249e5"},
     {1, 4'096, "f2598e0b67ab731000942f7fb9ca24a393746c7e2eddf225b3a0c51a97e534d7",
      "284991ee66b6fb343a87ca18de441778"},
     {7, 3'000'001, "56ad8b6984a543511068917163266fda2cf786f7fb135b7078f230c59e7c4ead",
      "f3736e4d07064e3e59bd79bfccc8fdeb"},
     {99, 67'108'864, "88ef9a6f32679bb62c49756dad679354362f27bce5800d2cae4db4dee6f701a9",
      "87d5e4d3dee4fe7e754d93eeb1d85d0c"}}};

std::vector<std::byte> content(std::uint32_t seed, std::size_t size) {
  std::vector<std::byte> bytes(size);
  SeededContent(seed).fill(bytes);
  return bytes;
}

std::string sha256(Bytes bytes) {
  const std::string file = fmt::format("/dev/shm/famfs-test.sha.{}", ::getpid());
  std::unique_ptr<FILE, int (*)(FILE*)> to(std::fopen(file.c_str(), "we"), std::fclose);
  REQUIRE(to);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), to.get()) == bytes.size());
  to.reset();
  std::unique_ptr<FILE, int (*)(FILE*)> from(::popen(("sha256sum " + file).c_str(), "re"),
                                             ::pclose);
  std::array<char, 65> text{};
  REQUIRE(std::fread(text.data(), 1, 64, from.get()) == 64);
  std::remove(file.c_str());
  return text.data();
}

} // namespace

TEST_CASE("Seeded content has the checksums of the format's documentation") {
  for (const Row& row : kRows) {
    CAPTURE(row.seed, row.size);
    const auto bytes = content(row.seed, row.size);
    std::string first;
    for (std::size_t i = 0; i < 16; ++i) {
      first += fmt::format("{:02x}", static_cast<unsigned>(bytes[i]));
    }
    CHECK(first == row.first);
    CHECK(sha256(bytes) == row.sha256);
  }
}

TEST_CASE("Seeded content can be entered anywhere") {
  constexpr std::size_t kSize = 1'000'003;
  const auto whole = content(7, kSize);
  SeededContent part(7);
  for (const std::size_t offset : {std::size_t{0}, std::size_t{4}, std::size_t{262'144},
                                   std::size_t{524'284}, std::size_t{1'000'000}}) {
    CAPTURE(offset);
    std::vector<std::byte> bytes(kSize - offset);
    part.seek(offset);
    part.fill(bytes);
    CHECK(std::equal(bytes.begin(), bytes.end(),
                     whole.begin() + static_cast<std::ptrdiff_t>(offset)));
  }
}

TEST_CASE("Seeded content goes on where the last piece ended") {
  const auto whole = content(42, 10'000);
  std::vector<std::byte> pieces(whole.size());
  SeededContent stream(42);
  stream.fill(MutableBytes(pieces).first(4'000));
  stream.fill(MutableBytes(pieces).subspan(4'000));
  CHECK(pieces == whole);
}

TEST_CASE("A seek far beyond any file ends, and differs from the start") {
  std::array<std::byte, 16> far{};
  std::array<std::byte, 16> near{};
  SeededContent stream(1);
  stream.fill(near);
  stream.seek(std::uint64_t{1} << 62);
  stream.fill(far);
  CHECK(near != far);
}
