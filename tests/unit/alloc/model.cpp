// Random work on the allocator and on a vector of bools side by side.
#include "support.h"

#include <algorithm>
#include <random>
#include <utility>

namespace famfs::alloc {
namespace {

struct Model {
  std::vector<bool> used;

  // False when it overlaps what is used, or is not in the data area.
  bool take(const format::Extent& extent) {
    if (extent.device != 0 || extent.length == 0 || extent.offset % kUnit != 0 ||
        extent.length % kUnit != 0 || extent.offset < kDataBegin ||
        extent.offset + extent.length > kDataBegin + used.size() * kUnit) {
      return false;
    }
    const auto [from, to] = range(extent);
    if (std::find(from, to, true) != to) {
      return false;
    }
    std::fill(from, to, true);
    return true;
  }
  void give(const format::Extent& extent) {
    const auto [from, to] = range(extent);
    std::fill(from, to, false);
  }
  [[nodiscard]] std::vector<std::uint64_t> runs() const { // lengths of the free ones
    std::vector<std::uint64_t> lengths;
    std::uint64_t length = 0;
    for (std::size_t i = 0; i <= used.size(); ++i) {
      if (i < used.size() && !used[i]) {
        ++length;
      } else if (length > 0) {
        lengths.push_back(std::exchange(length, 0));
      }
    }
    return lengths;
  }
  [[nodiscard]] std::uint64_t free_units() const {
    return static_cast<std::uint64_t>(std::count(used.begin(), used.end(), false));
  }

private:
  std::pair<std::vector<bool>::iterator, std::vector<bool>::iterator>
  range(const format::Extent& extent) {
    const auto begin = static_cast<std::ptrdiff_t>((extent.offset - kDataBegin) / kUnit);
    const auto length = static_cast<std::ptrdiff_t>(extent.length / kUnit);
    return {used.begin() + begin, used.begin() + begin + length};
  }
};

class Game {
public:
  Game(std::uint64_t seed, std::uint64_t units)
      : random_(seed), allocator_(allocator_of(units)), model_{std::vector<bool>(units)} {}

  void step() {
    switch (random_() % 8) {
    case 0:
      return claim();
    case 1:
      return extend();
    case 2:
      return stripe();
    case 3:
    case 4:
    case 5:
      return release();
    default:
      return allocate();
    }
  }
  void compare() const {
    const auto runs = model_.runs();
    REQUIRE(allocator_.free_bytes() == model_.free_units() * kUnit);
    REQUIRE(allocator_.largest_free_run() == (runs.empty() ? 0 : std::ranges::max(runs)) * kUnit);
  }

private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::uint64_t some_units() { return below(below(4) == 0 ? model_.used.size() / 2 : 6) + 1; }

  void keep(const format::FileMap& map) {
    for (const format::Extent& extent : map.extents) {
      REQUIRE(model_.take(extent));
    }
    maps_.push_back(map);
  }
  void claim() {
    const format::Extent extent = units(below(model_.used.size() + 2), some_units());
    const bool free = model_.take(extent);
    REQUIRE(allocator_.claim(extent) == free);
    if (free) {
      format::FileMap map;
      map.extents.push_back(extent);
      maps_.push_back(map);
    }
  }
  void allocate() {
    const std::uint64_t wanted = some_units();
    const std::size_t most = 1 + below(format::kMaxExtents);
    auto runs = model_.runs();
    std::ranges::sort(runs, std::greater{});
    std::uint64_t reachable = 0;
    std::size_t pieces = 0;
    while (pieces < std::min(most, runs.size()) && reachable < wanted) {
      reachable += runs[pieces++];
    }
    const auto extents = allocator_.allocate(wanted * kUnit - below(kUnit), most);
    REQUIRE(extents.has_value() == (reachable >= wanted));
    if (extents) {
      REQUIRE(extents->size() == pieces);
      REQUIRE(std::ranges::is_sorted(*extents, {}, &format::Extent::offset));
      format::FileMap map;
      map.extents = *extents;
      REQUIRE(map.capacity() == wanted * kUnit);
      keep(map);
    }
  }
  void extend() {
    if (maps_.empty()) {
      return;
    }
    format::FileMap& map = maps_[below(maps_.size())];
    if (map.extents.empty() || map.kind != format::MapKind::simple) {
      return;
    }
    format::Extent& extent = map.extents.back();
    std::uint64_t grown = 0;
    const std::uint64_t wanted = some_units();
    while (grown < wanted && model_.take({.device = 0,
                                          .offset = extent.offset + extent.length + grown * kUnit,
                                          .length = kUnit})) {
      ++grown;
    }
    REQUIRE(allocator_.extend(extent, wanted * kUnit) == grown * kUnit);
  }
  void stripe() {
    const auto strips = static_cast<std::uint32_t>(1 + below(4));
    const Stripes stripes{.strips = strips, .buckets = strips + 2, .chunk = kUnit << below(2)};
    const std::uint64_t before = allocator_.free_bytes();
    const auto map = allocator_.allocate_striped(some_units() * kUnit, stripes);
    if (map) {
      keep(*map);
    } else {
      REQUIRE(allocator_.free_bytes() == before);
    }
  }
  void release() {
    if (maps_.empty()) {
      return;
    }
    std::swap(maps_[below(maps_.size())], maps_.back());
    for (const format::Extent& extent : maps_.back().extents) {
      model_.give(extent);
    }
    allocator_.free(maps_.back());
    maps_.pop_back();
  }

  std::mt19937_64 random_;
  Allocator allocator_;
  Model model_;
  std::vector<format::FileMap> maps_;
};

} // namespace

TEST_CASE("allocator: agrees with a vector of bools through random work") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Game game(seed, 20 + seed * 37);
    for (int i = 0; i < 3000; ++i) {
      game.step();
      game.compare();
    }
  }
}

} // namespace famfs::alloc
