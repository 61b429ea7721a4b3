// The table against a model that knows every page: random mappings of several units, unmapped,
// protected and overmapped at random, between mappings of others.
#include "capi/region_table.h"

#include "capi/kernel.h"
#include "catch.h"

#include <map>
#include <random>
#include <set>
#include <vector>

using namespace famfs::capi;

namespace {

constexpr std::size_t kPages = 96;
constexpr std::uintptr_t kBase = 0x10000000;

std::uintptr_t at(std::size_t page) {
  return kBase + page * page_size();
}
Range pages(std::size_t first, std::size_t count) {
  return {at(first), at(first + count)};
}

struct Page {
  enum class Kernel { nothing, device, foreign } kernel = Kernel::nothing;
  int mapping = -1; // of the device mapping, hidden or not
  bool live = false;
  int protection = 0;
  std::uint64_t file_offset = 0;
};

class Model {
public:
  explicit Model(unsigned seed) : random_(seed) {}

  void step() {
    switch (pick(0, 5)) {
    case 0:
    case 1:
      map();
      break;
    case 2:
      map_foreign();
      break;
    case 3:
      protect();
      break;
    default:
      unmap();
    }
    check();
  }

  RegionTable table;

private:
  std::size_t pick(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random_);
  }
  std::pair<std::size_t, std::size_t> random_range() {
    const std::size_t first = pick(0, kPages - 1);
    return {first, pick(1, std::min<std::size_t>(kPages - first, 24))};
  }

  void map() {
    const std::size_t unit = std::size_t{1} << pick(0, 3);
    const std::size_t first = pick(0, kPages / unit - 1) * unit;
    const std::size_t count = std::min(kPages - first, unit * pick(1, 3));
    for (std::size_t i = first; i < first + count; ++i) {
      if (pages_[i].kernel != Page::Kernel::nothing) {
        return;
      }
    }
    const std::size_t head = pick(0, unit - 1);
    const std::size_t tail = pick(0, std::min(unit - 1, count - head - 1));
    const std::size_t length = count - head - tail;
    const std::size_t on_device = count > unit && unit == 1 ? count - 1 : length;
    enter(first, count, head, length, on_device, unit);
  }

  void enter(std::size_t first, std::size_t count, std::size_t head, std::size_t length,
             std::size_t on_device, std::size_t unit) {
    const int id = next_++;
    for (std::size_t i = first; i < first + count; ++i) {
      pages_[i].kernel = Page::Kernel::device;
      pages_[i].mapping = id;
    }
    for (std::size_t i = first + head; i < first + head + length; ++i) {
      pages_[i].live = true;
      pages_[i].protection = 1;
      pages_[i].file_offset = (i - first) * page_size();
    }
    units_[id] = unit;
    std::vector<Part> parts{{.range = pages(first + head, on_device),
                             .file_offset = head * page_size(),
                             .protection = 1}};
    if (on_device < length) {
      parts.push_back({.range = pages(first + head + on_device, length - on_device),
                       .file_offset = (head + on_device) * page_size(),
                       .protection = 1,
                       .past_end = true});
    }
    REQUIRE(table.reserve());
    table.add({.pin = static_cast<std::uintptr_t>(id), .unit = unit * page_size()}, parts);
  }

  void map_foreign() {
    const std::size_t i = pick(0, kPages - 1);
    if (pages_[i].kernel == Page::Kernel::nothing) {
      pages_[i].kernel = Page::Kernel::foreign;
    }
  }

  void protect() {
    const auto [first, count] = random_range();
    const int protection = static_cast<int>(pick(0, 3));
    REQUIRE(table.reserve());
    table.set_protection(pages(first, count), protection);
    for (std::size_t i = first; i < first + count; ++i) {
      if (pages_[i].live) {
        pages_[i].protection = protection;
      }
    }
  }

  std::set<std::uintptr_t> living() const {
    std::set<std::uintptr_t> ids;
    for (const Page& page : pages_) {
      if (page.live) {
        ids.insert(static_cast<std::uintptr_t>(page.mapping));
      }
    }
    return ids;
  }

  void unmap() {
    const auto [first, count] = random_range();
    const Range range = pages(first, count);
    CAPTURE(first, count);
    const std::set<std::uintptr_t> before = living();
    REQUIRE(table.reserve());
    const Range gone = table.to_unmap(range);
    std::set<std::uintptr_t> freed;
    table.remove(range, [&](const Mapping& m) { CHECK(freed.insert(m.pin).second); });
    for (std::size_t i = first; i < first + count; ++i) {
      pages_[i].live = false;
    }
    std::set<std::uintptr_t> expected_freed = before;
    for (const std::uintptr_t id : living()) {
      expected_freed.erase(id);
    }
    CHECK(freed == expected_freed);
    for (std::size_t i = 0; i < kPages; ++i) {
      unmap_page(i, range, !gone.empty() && gone.contains(pages(i, 1)));
    }
  }

  // Mapped afterwards: a foreign page outside the range, a device page with a live one in its unit.
  void unmap_page(std::size_t i, Range range, bool is_gone) {
    Page& page = pages_[i];
    bool stays = page.kernel == Page::Kernel::foreign && !range.contains(pages(i, 1));
    if (page.kernel == Page::Kernel::device) {
      const std::size_t unit = units_.at(page.mapping);
      for (std::size_t j = i / unit * unit; j < (i / unit + 1) * unit && j < kPages; ++j) {
        stays = stays || pages_[j].live;
      }
    }
    CAPTURE(i);
    if (page.kernel != Page::Kernel::nothing) {
      CHECK(is_gone == !stays);
    }
    if (is_gone) {
      page = {};
    }
  }

  void check() const {
    std::size_t covered = 0;
    std::uintptr_t last_end = 0;
    for (const Part& part : table.in({0, UINTPTR_MAX})) {
      REQUIRE(part.range.begin >= last_end);
      REQUIRE_FALSE(part.range.empty());
      last_end = part.range.end;
      for (std::uintptr_t a = part.range.begin; a < part.range.end; a += page_size()) {
        const Page& page = pages_[(a - kBase) / page_size()];
        REQUIRE(page.live);
        REQUIRE(table.mapping_of(part).pin == static_cast<std::uintptr_t>(page.mapping));
        REQUIRE(part.protection == page.protection);
        REQUIRE(part.file_offset + (a - part.range.begin) == page.file_offset);
        ++covered;
      }
      REQUIRE(table.bounds().contains(part.range));
    }
    std::size_t live = 0;
    for (const Page& page : pages_) {
      live += page.live ? 1 : 0;
    }
    REQUIRE(covered == live);
  }

  std::mt19937 random_;
  std::vector<Page> pages_{kPages};
  std::map<int, std::size_t> units_;
  int next_ = 1;
};

} // namespace

TEST_CASE("the table agrees with a model of every page", "[region_table]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Model model(seed);
    for (int i = 0; i < 400; ++i) {
      CAPTURE(i);
      model.step();
    }
    model.table.release();
  }
}

TEST_CASE("protecting page after page and back leaves one part", "[region_table]") {
  RegionTable table;
  REQUIRE(table.reserve());
  const Part part{.range = pages(0, 64), .protection = 1};
  table.add({.pin = 1, .unit = page_size()}, {&part, 1});
  for (const int protection : {3, 1}) {
    for (std::size_t i = 0; i < 64; ++i) {
      REQUIRE(table.reserve());
      table.set_protection(pages(i, 1), protection);
    }
  }
  CHECK(table.in({0, UINTPTR_MAX}).size() == 1);
  table.release();
}

TEST_CASE("an empty range holds nothing, even inside a part", "[region_table]") {
  RegionTable table;
  REQUIRE(table.reserve());
  const Part part{.range = pages(0, 4)};
  table.add({.pin = 1, .unit = page_size()}, {&part, 1});
  CHECK(table.in({at(1), at(1)}).empty());
  CHECK(table.in({at(3), at(2)}).empty());
  CHECK(table.in(pages(1, 1)).size() == 1);
  table.release();
}

TEST_CASE("thousands of mappings come and go", "[region_table]") {
  RegionTable table;
  constexpr std::size_t kCount = 5000;
  for (std::size_t i = 0; i < kCount; ++i) {
    REQUIRE(table.reserve());
    const Part part{.range = pages(2 * i, 1)};
    table.add({.pin = i + 1, .unit = page_size()}, {&part, 1});
  }
  REQUIRE(table.reserve());
  std::size_t freed = 0;
  table.remove(pages(0, kCount), [&](const Mapping&) { ++freed; });
  CHECK(freed == kCount / 2);
  // Freed places are used again.
  REQUIRE(table.reserve());
  const Part part{.range = pages(0, 1)};
  table.add({.pin = 7, .unit = page_size()}, {&part, 1});
  CHECK(table.mapping_of(table.in(pages(0, 1)).front()).pin == 7);
  table.release();
}
