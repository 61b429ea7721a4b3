#include "alloc/bitmap.h"
#include "catch.h"

#include <algorithm>
#include <random>
#include <vector>

using famfs::alloc::Bitmap;

namespace {

std::uint64_t next(const std::vector<bool>& bits, bool value, std::uint64_t begin,
                   std::uint64_t end) {
  const auto from = bits.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto to = bits.begin() + static_cast<std::ptrdiff_t>(end);
  return static_cast<std::uint64_t>(std::find(from, to, value) - bits.begin());
}

} // namespace

TEST_CASE("bitmap: agrees with a vector of bools") {
  for (const std::uint64_t size : {0U, 1U, 63U, 64U, 65U, 128U, 1000U}) {
    CAPTURE(size);
    std::mt19937_64 random(size);
    auto made = Bitmap::make(size);
    REQUIRE(made);
    std::vector<bool> model(size);
    for (int round = 0; round < 2000; ++round) {
      std::uint64_t begin = random() % (size + 1);
      std::uint64_t end = random() % (size + 1);
      if (begin > end) {
        std::swap(begin, end);
      }
      if (random() % 4 != 0) { // mostly short ranges, so that both values stay about
        end = std::min(end, begin + random() % 8);
      }
      const bool value = random() % 2 == 0;
      const auto from = model.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto to = model.begin() + static_cast<std::ptrdiff_t>(end);
      const auto changes = static_cast<std::uint64_t>(std::count(from, to, !value));
      REQUIRE((value ? made->set(begin, end) : made->clear(begin, end)) == changes);
      std::fill(from, to, value);

      const std::uint64_t a = random() % (size + 1);
      const std::uint64_t b = a + random() % (size - a + 1);
      REQUIRE(made->next_set(a, b) == next(model, true, a, b));
      REQUIRE(made->next_clear(a, b) == next(model, false, a, b));
      REQUIRE(made->count_set(0, size) ==
              static_cast<std::uint64_t>(std::count(model.begin(), model.end(), true)));
    }
  }
}
