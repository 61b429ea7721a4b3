#include "files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <istream>
#include <ostream>
#include <stdexcept>

namespace famfs::load {
namespace {

using Bytes = std::array<std::byte, kCell>;
static_assert(kCell % sizeof(std::uint64_t) == 0);

std::uint64_t mixed(std::uint64_t x) { // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void fill_cell(std::uint64_t number, std::size_t index, std::uint64_t generation,
               std::span<std::byte> to) {
  if (generation == 0) {
    std::ranges::fill(to, std::byte{0});
    return;
  }
  std::uint64_t word = mixed(mixed(mixed(number) + index) + generation);
  for (std::size_t at = 0; at < to.size(); at += sizeof word) {
    word = mixed(word);
    std::memcpy(to.data() + at, &word, sizeof word);
  }
}

FileRef pick(Random& random, const std::vector<FileRef>& from) {
  return from.empty() ? nullptr : from[below(random, from.size())];
}

} // namespace

std::uint64_t below(Random& random, std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
}

bool one_in(Random& random, std::uint64_t n) {
  return below(random, n) == 0;
}

void expect(bool good, const std::string& what) {
  if (!good) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
  }
}

File::File(std::uint64_t its_number, std::uint32_t its_mode, std::size_t count, std::string path)
    : number(its_number), mode(its_mode), cells(count), path_(std::move(path)) {}

std::string File::path() const {
  const std::scoped_lock lock(mutex_);
  return path_;
}

void File::set_path(std::string path) {
  const std::scoped_lock lock(mutex_);
  path_ = std::move(path);
}

void File::check_map(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (map_.empty()) {
    map_ = text;
  }
  errno = 0;
  expect(map_ == text, "the map of committed " + path_ + " was\n" + map_ + "\nand is\n" + text);
}

Range File::some(Random& random, std::size_t cells) {
  if (cells == 0) {
    return {};
  }
  const std::size_t first = below(random, cells);
  return {.first = first, .count = 1 + below(random, std::min(kMostAtOnce, cells - first))};
}

File::Reading File::lock_to_read(const Range& range) {
  Reading locks;
  for (std::size_t i = 0; i < range.count; ++i) {
    locks.emplace_back(cells[range.first + i].mutex);
  }
  return locks;
}

File::Writing File::lock_to_write(const Range& range) {
  Writing locks;
  for (std::size_t i = 0; i < range.count; ++i) {
    locks.emplace_back(cells[range.first + i].mutex);
  }
  return locks;
}

void File::fill(const Range& range, std::span<std::byte> to, std::uint64_t later) const {
  for (std::size_t i = 0; i < range.count; ++i) {
    fill_cell(number, range.first + i, cells[range.first + i].generation + later,
              to.subspan(i * kCell, kCell));
  }
}

void File::written(const Range& range) {
  for (std::size_t i = 0; i < range.count; ++i) {
    ++cells[range.first + i].generation;
  }
}

void File::check(const Range& range, std::span<const std::byte> got, const std::string& by) const {
  errno = 0;
  expect(got.size() == range.bytes(), path() + ", by " + by + ": " + std::to_string(got.size()) +
                                          " bytes, not " + std::to_string(range.bytes()));
  Bytes want{};
  for (std::size_t i = 0; i < range.count; ++i) {
    const std::size_t index = range.first + i;
    const std::uint64_t generation = cells[index].generation;
    fill_cell(number, index, generation, want);
    const auto have = got.subspan(i * kCell, kCell);
    if (std::memcmp(want.data(), have.data(), kCell) != 0) {
      const auto differ = std::ranges::mismatch(want, have).in1 - want.begin();
      throw std::runtime_error(path() + ", by " + by + ": cell " + std::to_string(index) +
                               " differs from generation " + std::to_string(generation) +
                               " at byte " + std::to_string(differ));
    }
  }
}

void Files::add(FileRef file) {
  const std::scoped_lock lock(mutex_);
  pending_.push_back(std::move(file));
}

void Files::forget(const FileRef& file) {
  const std::scoped_lock lock(mutex_);
  std::erase(pending_, file);
}

void Files::commit(const FileRef& file) {
  const std::scoped_lock lock(mutex_);
  std::erase(pending_, file);
  file->committed = true;
  committed_.push_back(file);
}

FileRef Files::any(Random& random) const {
  const std::scoped_lock lock(mutex_);
  return pick(random, one_in(random, 3) ? pending_ : committed_);
}

FileRef Files::committed(Random& random) const {
  const std::scoped_lock lock(mutex_);
  return pick(random, committed_);
}

std::vector<FileRef> Files::all_committed() const {
  const std::scoped_lock lock(mutex_);
  return committed_;
}

void save(std::ostream& to, File& file) {
  to << file.path() << ' ' << file.number << ' ' << file.mode << ' ' << file.used;
  for (std::size_t i = 0; i < file.used; ++i) {
    to << ' ' << file.cells[i].generation;
  }
  to << '\n';
}

FileRef load(std::istream& from) {
  std::string path;
  std::uint64_t number = 0;
  std::uint32_t mode = 0;
  std::size_t used = 0;
  if (!(from >> path >> number >> mode >> used)) {
    return nullptr;
  }
  auto file = std::make_shared<File>(number, mode, used, path);
  file->used = used;
  file->committed = true;
  for (Cell& cell : file->cells) {
    from >> cell.generation;
  }
  return file;
}

} // namespace famfs::load
