#include "tree/siphash.h"

#include "base/bytes.h"

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstring>

#include <sys/random.h>

namespace famfs::tree {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

} // namespace

HashKey random_hash_key() noexcept {
  HashKey key;
  if (::getrandom(&key, sizeof key, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof key)) {
    // Before the kernel's pool is ready, at early boot: better a weak key than a mount that waits.
    key.k0 =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    key.k1 = std::bit_cast<std::uintptr_t>(&key);
  }
  return key;
}

std::uint64_t siphash13(const HashKey& key, std::uint64_t prefix, std::string_view bytes) noexcept {
  State s{.v0 = key.k0 ^ 0x736f6d6570736575,
          .v1 = key.k1 ^ 0x646f72616e646f6d,
          .v2 = key.k0 ^ 0x6c7967656e657261,
          .v3 = key.k1 ^ 0x7465646279746573};
  s.absorb(prefix);
  const Bytes all = std::as_bytes(std::span(bytes));
  const std::size_t whole = all.size() / 8 * 8;
  for (std::size_t at = 0; at < whole; at += 8) {
    s.absorb(load_le<std::uint64_t>(all, at));
  }
  std::uint64_t last = (all.size() + sizeof prefix) << 56;
  for (std::size_t at = whole; at < all.size(); ++at) {
    last |= std::to_integer<std::uint64_t>(all[at]) << 8 * (at - whole);
  }
  s.absorb(last);
  s.v2 ^= 0xff;
  s.round();
  s.round();
  s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

} // namespace famfs::tree
