#include "seeded.h"

#include <array>
#include <bit>
#include <cstring>

namespace famfs::tools {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// xoroshiro128+ with its first constants, 55 14 36.
void step(std::uint64_t& a, std::uint64_t& b) noexcept {
  b ^= a;
  a = std::rotl(a, 55) ^ b ^ (b << 14);
  b = std::rotl(b, 36);
}

// A step is linear over GF(2), so 2^k of them are a 128 × 128 bit matrix: column i is what becomes
// of the state with only bit i set. Seeking multiplies by those of the draws to skip.
struct Column {
  std::uint64_t a = 0, b = 0;
};
using Matrix = std::array<Column, 128>;

Column times(const Matrix& matrix, Column state) noexcept {
  Column result;
  for (unsigned i = 0; i < 64; ++i) {
    const std::uint64_t low = 0 - ((state.a >> i) & 1);
    const std::uint64_t high = 0 - ((state.b >> i) & 1);
    result.a ^= (matrix[i].a & low) ^ (matrix[64 + i].a & high);
    result.b ^= (matrix[i].b & low) ^ (matrix[64 + i].b & high);
  }
  return result;
}

constexpr unsigned kPowers = 62; // draws are of 4 bytes: offsets below 2^64
using Powers = std::array<Matrix, kPowers>;

Powers make_powers() noexcept {
  Powers powers{};
  for (unsigned i = 0; i < 128; ++i) {
    Column& column = powers[0][i];
    (i < 64 ? column.a : column.b) = std::uint64_t{1} << (i % 64);
    step(column.a, column.b);
  }
  for (unsigned k = 1; k < kPowers; ++k) {
    for (unsigned i = 0; i < 128; ++i) {
      powers[k][i] = times(powers[k - 1], powers[k - 1][i]);
    }
  }
  return powers;
}

} // namespace

SeededContent::SeededContent(std::uint32_t seed) noexcept {
  std::uint64_t state = seed;
  start_.a = splitmix64(state);
  start_.b = splitmix64(state);
  now_ = start_;
}

void SeededContent::seek(std::uint64_t offset) noexcept {
  static const Powers powers = make_powers();
  Column state{start_.a, start_.b};
  std::uint64_t draws = offset / sizeof(std::uint32_t);
  for (unsigned k = 0; draws != 0; ++k, draws >>= 1) {
    if ((draws & 1) != 0) {
      state = times(powers[k], state);
    }
  }
  now_ = {state.a, state.b};
}

void SeededContent::fill(MutableBytes to) noexcept {
  // Locals, so that the compiler keeps the state in registers while it stores through `to`.
  std::uint64_t a = now_.a;
  std::uint64_t b = now_.b;
  std::byte* at = to.data();
  std::byte* const end = at + to.size() / sizeof(std::uint32_t) * sizeof(std::uint32_t);
  for (; at != end; at += sizeof(std::uint32_t)) {
    store_le(MutableBytes(at, sizeof(std::uint32_t)), 0, static_cast<std::uint32_t>(a + b));
    step(a, b);
  }
  if (const std::size_t tail = to.size() % sizeof(std::uint32_t); tail != 0) {
    std::array<std::byte, sizeof(std::uint32_t)> last{};
    store_le(MutableBytes(last), 0, static_cast<std::uint32_t>(a + b));
    step(a, b);
    std::memcpy(at, last.data(), tail);
  }
  now_ = {a, b};
}

} // namespace famfs::tools
