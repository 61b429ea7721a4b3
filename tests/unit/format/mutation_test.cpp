// Damaged at random, with CRCs repaired: nothing crashes (run it under ASan and UBSan), and what is
// accepted keeps the rules, checked here with arithmetic that cannot wrap.
#include "samples.h"

#include "catch.h"

#include <array>
#include <memory>
#include <random>
#include <string>

using namespace famfs;
using namespace famfs::format;

namespace {

using Wide = __uint128_t;
using Random = std::mt19937_64;

constexpr int kRounds = 100'000;

std::uint64_t interesting(Random& random) {
  constexpr auto kValues = std::to_array<std::uint64_t>({0,
                                                         1,
                                                         2,
                                                         3,
                                                         15,
                                                         16,
                                                         17,
                                                         79,
                                                         80,
                                                         1000,
                                                         4096,
                                                         12345,
                                                         MiB,
                                                         2 * MiB,
                                                         4 * MiB,
                                                         8 * MiB,
                                                         10 * MiB,
                                                         12 * MiB,
                                                         62 * MiB,
                                                         64 * MiB,
                                                         TiB,
                                                         std::uint64_t{1} << 31,
                                                         UINT32_MAX,
                                                         std::uint64_t{1} << 40,
                                                         std::uint64_t{1} << 62,
                                                         std::uint64_t{1} << 63,
                                                         UINT64_MAX - 2 * MiB + 1,
                                                         UINT64_MAX});
  return random() % 4 == 0 ? random() : kValues[random() % kValues.size()];
}

void mutate(MutableBytes bytes, Random& random) {
  for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
    switch (random() % 4) {
    case 0:
      bytes[random() % bytes.size()] ^= static_cast<std::byte>(1U << random() % 8);
      break;
    case 1:
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
      break;
    case 2:
      store_le(bytes, random() % (bytes.size() / 8) * 8, interesting(random));
      break;
    default:
      store_le(bytes, random() % (bytes.size() / 4) * 4,
               static_cast<std::uint32_t>(interesting(random)));
    }
  }
}

bool sound_path(std::string_view path) {
  const std::string framed = "/" + std::string(path) + "/";
  return !path.empty() && path.size() <= 79 && framed.find("//") == std::string::npos &&
         framed.find("/./") == std::string::npos && framed.find("/../") == std::string::npos &&
         !framed.starts_with("/.meta/") && path.find('\0') == std::string_view::npos;
}

bool sound_map(const FileEntry& file) {
  Wide capacity = 0;
  for (const Extent& extent : file.map.extents) {
    if (extent.device != 0 || extent.length == 0 || extent.offset < sample::kData ||
        Wide{extent.offset} + extent.length > sample::kDeviceSize) {
      return false;
    }
    capacity += extent.length;
  }
  // Each byte has a place within an extent.
  return file.size <= capacity && (file.size == 0 || [&] {
           const Segment last = segment_at(file.map, file.size - 1, 1);
           return last.length == 1 && last.offset >= sample::kData &&
                  last.offset < sample::kDeviceSize;
         }());
}

void check_sound(const Entry& entry) {
  if (const auto* const file = std::get_if<FileEntry>(&entry.body)) {
    REQUIRE(sound_path(file->path.view()));
    REQUIRE(sound_map(*file));
    REQUIRE(file->mode <= 0777);
  } else if (const auto* const directory = std::get_if<MkdirEntry>(&entry.body)) {
    REQUIRE(sound_path(directory->path.view()));
    REQUIRE(directory->mode <= 0777);
  } else {
    REQUIRE(std::holds_alternative<AddDeviceEntry>(entry.body));
  }
}

// A copy on the heap, so that a sanitizer sees a read past it.
template <std::size_t N>
std::unique_ptr<std::array<std::byte, N>> on_heap(const std::array<std::byte, N>& b) {
  return std::make_unique<std::array<std::byte, N>>(b);
}

} // namespace

TEST_CASE("mutation: entries with repaired CRCs are refused, or sound and encode to the same") {
  Random random(42);
  const std::array<EntryBody, 4> good = {sample::file(), sample::interleaved_file(),
                                         sample::directory(), sample::device()};
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto bytes = on_heap(encode(Entry{.seqnum = 0, .body = good[random() % good.size()]}));
    mutate(MutableBytes(*bytes).subspan(8), random);
    sample::seal(*bytes);
    REQUIRE(!check_whole(*bytes, 0));
    const auto entry = decode_entry(*bytes, 0, sample::kGeometry);
    if (!entry) {
      REQUIRE(reach(entry.error().kind) == Reach::entry);
      REQUIRE(!describe(entry.error()).empty());
      continue;
    }
    ++accepted;
    check_sound(*entry);
    REQUIRE(!validate(*entry, sample::kGeometry));
    const EntryBytes again = encode(*entry);
    REQUIRE(!check_whole(again, 0));
    const auto reread = decode_entry(again, 0, sample::kGeometry);
    REQUIRE(reread);
    REQUIRE(encode(*reread) == again);
  }
  // Both ways must have been taken, or this shows nothing.
  CHECK(accepted > kRounds / 20);
  CHECK(accepted < kRounds - kRounds / 20);
}

TEST_CASE("mutation: entries of random bytes") {
  Random random(7);
  for (int round = 0; round < kRounds / 10; ++round) {
    EntryBytes bytes;
    for (std::size_t i = 0; i < kEntrySize; i += 8) {
      store_le(bytes, i, interesting(random));
    }
    store_le(bytes, 0, std::uint64_t{0});
    store_le(bytes, 8, static_cast<std::uint32_t>(random() % 5));
    sample::seal(bytes);
    if (const auto entry = decode_entry(*on_heap(bytes), 0, sample::kGeometry)) {
      check_sound(*entry);
    }
  }
}

TEST_CASE("mutation: a superblock that is accepted keeps the log on the device") {
  Random random(43);
  for (int round = 0; round < kRounds; ++round) {
    const auto bytes = on_heap(encode(sample::superblock()));
    mutate(*bytes, random);
    sample::seal(*bytes);
    const Superblock superblock = decode_superblock(*bytes);
    if (validate(superblock, *bytes, sample::kDeviceSize)) {
      continue;
    }
    const Geometry where = geometry(superblock, sample::kDeviceSize);
    REQUIRE(where.device_size <= sample::kDeviceSize);
    REQUIRE(Wide{kLogOffset} + where.log_length <= where.device_size);
    REQUIRE(encode(decode_superblock(encode(superblock))) == encode(superblock));
  }
}

TEST_CASE("mutation: a log header that is accepted bounds its loop") {
  Random random(44);
  for (int round = 0; round < kRounds; ++round) {
    const auto bytes = on_heap(encode(make_log_header(8 * MiB)));
    mutate(*bytes, random);
    sample::seal(*bytes);
    const LogHeader header = decode_log_header(*bytes);
    if (!validate(header, *bytes, sample::kGeometry)) {
      REQUIRE(Wide{header.next_index} * kEntrySize + kLogHeaderSize <=
              sample::kGeometry.log_length);
      REQUIRE(encode(header) == *bytes);
    }
    (void)counters_fault(header);
  }
}
