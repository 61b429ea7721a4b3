// SipHash-1-3 (Aumasson, Bernstein): a keyed hash. Names come from media that may be hostile;
// without the key nobody can choose names that all fall into one place of a hash table.
#pragma once

#include <cstdint>
#include <string_view>

namespace famfs::tree {

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

[[nodiscard]] HashKey random_hash_key() noexcept;

// Of `prefix` as 8 little-endian bytes, followed by `bytes`.
[[nodiscard]] std::uint64_t siphash13(const HashKey& key, std::uint64_t prefix,
                                      std::string_view bytes) noexcept;

} // namespace famfs::tree
