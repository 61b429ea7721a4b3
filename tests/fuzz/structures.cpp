#include "structures.h"

#include "base/crc32.h"
#include "base/units.h"

#include <array>
#include <span>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace famfs::fuzz {
namespace {

struct Field {
  std::size_t at;
  std::size_t width; // 4 or 8; else a path of so many bytes
};

constexpr auto kSuperblock = std::to_array<Field>(
    {{0, 8}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 4}, {44, 4}, {104, 4}, {112, 8}, {112, 8}});
constexpr auto kHeader = std::to_array<Field>({{0, 8}, {8, 8}, {16, 8}, {32, 8}, {40, 8}, {40, 8}});
constexpr auto kEntry = std::to_array<Field>(
    {{8, 4},   {16, 8},  {24, 4},  {36, 4},  {36, 4},  {40, 80}, {40, 80}, {28, 80},
     {40, 4},  {120, 4}, {128, 4}, {128, 4}, {136, 8}, {144, 8}, {144, 8}, {152, 8},
     {152, 8}, {160, 8}, {168, 8}, {176, 8}, {184, 8}, {192, 8}, {200, 8}, {208, 8},
     {216, 8}, {224, 8}, {232, 8}, {240, 8}, {496, 8}, {504, 8}, {512, 8}, {520, 8}});

struct Shape {
  std::size_t size;
  std::size_t crc_at; // over all before it
  std::span<const Field> fields;
};
constexpr std::array kShapes{Shape{200, 96, kSuperblock}, Shape{48, 24, kHeader},
                             Shape{544, 536, kEntry}};

const Shape& shape(Structure structure) noexcept {
  return kShapes[static_cast<std::size_t>(structure)];
}

template <class T> const T& pick(std::span<const T> from, Random& random) {
  return from[random() % from.size()];
}

std::uint64_t number(std::uint64_t device_size, Random& random) {
  static constexpr auto kNumbers = std::to_array<std::uint64_t>({0,
                                                                 1,
                                                                 2,
                                                                 3,
                                                                 4,
                                                                 15,
                                                                 16,
                                                                 17,
                                                                 64,
                                                                 0755,
                                                                 0777,
                                                                 4096,
                                                                 15420,
                                                                 15421,
                                                                 2 * MiB,
                                                                 4 * MiB,
                                                                 6 * MiB,
                                                                 8 * MiB,
                                                                 10 * MiB,
                                                                 12 * MiB,
                                                                 16 * MiB,
                                                                 64 * MiB,
                                                                 std::uint64_t{1} << 31,
                                                                 UINT32_MAX,
                                                                 std::uint64_t{1} << 62,
                                                                 std::uint64_t{1} << 63,
                                                                 UINT64_MAX});
  const std::uint64_t near =
      random() % 3 == 0 ? device_size : pick<std::uint64_t>(kNumbers, random);
  switch (random() % 8) {
  case 0:
    return near - 1;
  case 1:
    return near + 1;
  case 2:
    return near - 2 * MiB;
  case 3:
    return 10 * MiB + random() % 32 * 2 * MiB; // a place for data
  default:
    return near;
  }
}

void put_path(MutableBytes field, Random& random) {
  static constexpr auto kParts = std::to_array<std::string_view>(
      {"a", "b", "c", "d", "a/", "b/", "c/", "/", "//", ".", "..", "../", "./", ".meta", ".meta/",
       "\n", "\xff", "nnnnnnnnnnnnnnnnnnnn"});
  std::size_t length = 0;
  for (auto parts = random() % 5; parts-- > 0;) {
    for (const char c : pick<std::string_view>(kParts, random)) {
      if (length < field.size()) {
        field[length++] = static_cast<std::byte>(c);
      }
    }
  }
  for (; length < field.size(); ++length) {
    field[length] = std::byte{0};
  }
}

} // namespace

std::size_t size_of(Structure structure) noexcept {
  return shape(structure).size;
}

void seal(Structure structure, MutableBytes bytes) {
  const std::size_t at = shape(structure).crc_at;
  store_le<std::uint64_t>(bytes, at, crc32(Bytes(bytes).first(at)));
}

void mutate(Structure structure, MutableBytes bytes, std::uint64_t device_size, Random& random) {
  if (random() % 8 == 0) {
    LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), bytes.size());
    return;
  }
  const Field field = pick(shape(structure).fields, random);
  if (field.width == sizeof(std::uint32_t)) {
    store_le(bytes, field.at, static_cast<std::uint32_t>(number(device_size, random)));
  } else if (field.width == sizeof(std::uint64_t)) {
    store_le(bytes, field.at, number(device_size, random));
  } else {
    put_path(bytes.subspan(field.at, field.width), random);
  }
}

} // namespace famfs::fuzz
