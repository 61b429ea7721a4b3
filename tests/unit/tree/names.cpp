// The table of names and its hash.
#include "catch.h"
#include "tree/name_table.h"
#include "tree/siphash.h"

#include <map>
#include <random>

namespace famfs::tree {

TEST_CASE("siphash: SipHash-1-3 as others compute it") {
  // CPython's hash() of the same bytes with PYTHONHASHSEED=0, which is this hash with a key of
  // zeros.
  CHECK(siphash13({}, 0, "") == 0xbd60acb658c79e45);
  CHECK(siphash13({}, 1, "a") == 0xbeb9a6bbf61b58b4);
  CHECK(siphash13({}, 7, "abcdefgh") == 0x7f4cc3000a6f1c36);
  CHECK(siphash13({}, 7, "abcdefghijk") == 0xaf29446368855bff);
}

TEST_CASE("siphash: keys differ from tree to tree, and matter") {
  const HashKey a = random_hash_key();
  const HashKey b = random_hash_key();
  CHECK((a.k0 != b.k0 || a.k1 != b.k1));
  CHECK(siphash13(a, 1, "name") != siphash13(b, 1, "name"));
}

TEST_CASE("name table: agrees with a map through random work, however bad the hashes") {
  // From every name in one place, over long clusters that wrap, to well spread.
  for (const std::uint32_t mask : {0U, 0x7U, 0xfffffff0U, 0xffffffffU}) {
    CAPTURE(mask);
    std::mt19937 random(mask);
    NameTable table;
    std::map<std::uint32_t, std::uint32_t> model; // slot to hash
    const auto find = [&](std::uint32_t hash, std::uint32_t slot) {
      return table.find(hash, [&](std::uint32_t it) { return it == slot; });
    };
    for (int i = 0; i < 20'000; ++i) {
      const std::uint32_t slot = 1 + static_cast<std::uint32_t>(random() % 300);
      const auto known = model.find(slot);
      if (known == model.end()) {
        const auto hash = static_cast<std::uint32_t>(random()) & mask;
        REQUIRE(find(hash, slot) == 0);
        table.reserve_one();
        table.insert(hash, slot);
        model[slot] = hash;
      } else if (random() % 2 == 0) {
        table.erase(known->second, slot);
        REQUIRE(find(known->second, slot) == 0);
        model.erase(known);
      }
      if (i % 100 == 0) {
        for (const auto& [there, hash] : model) {
          REQUIRE(find(hash, there) == there);
        }
      }
    }
    CHECK(table.heap_bytes() <= 512 * 8);
  }
}

} // namespace famfs::tree
