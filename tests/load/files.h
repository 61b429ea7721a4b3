// Files whose every byte is known: it derives from the file's number, the cell and the cell's
// generation, which each write makes one more. Thread-safe but where said.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

namespace famfs::load {

using Random = std::mt19937_64;
[[nodiscard]] std::uint64_t below(Random& random, std::uint64_t bound);
[[nodiscard]] bool one_in(Random& random, std::uint64_t n);

// No multiple of a page or of a cache line: neighbours share both, and threads write them at once.
inline constexpr std::size_t kCell = 3000;
inline constexpr std::size_t kMostAtOnce = 16; // cells: TSan follows 64 locks of a thread

// Throws std::runtime_error with errno's text.
void expect(bool good, const std::string& what);

struct Cell {
  std::shared_mutex mutex;      // guards the bytes in the file as well
  std::uint64_t generation = 0; // 0: never written, zeros
};

// A stretch of cells.
struct Range {
  std::size_t first = 0, count = 0;
  [[nodiscard]] std::uint64_t offset() const noexcept { return first * kCell; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return count * kCell; }
};

class File {
public:
  File(std::uint64_t number, std::uint32_t mode, std::size_t cells, std::string path);

  const std::uint64_t number;
  const std::uint32_t mode;
  std::vector<Cell> cells;
  std::atomic<std::size_t> used = 0; // cells to the end of the file; its owner's until the commit
  std::atomic<bool> committed = false;
  std::atomic<bool> on_client = false; // a client has replayed its entry

  [[nodiscard]] std::string path() const; // empty: unlinked
  void set_path(std::string path);
  // The map's text is the same from the commit on.
  void check_map(const std::string& text);

  // Within [0, cells): empty for a file without any.
  [[nodiscard]] static Range some(Random& random, std::size_t cells);

  using Reading = std::vector<std::shared_lock<std::shared_mutex>>;
  using Writing = std::vector<std::unique_lock<std::shared_mutex>>;
  // In order, so that two ranges that overlap do not wait for each other.
  [[nodiscard]] Reading lock_to_read(const Range& range);
  [[nodiscard]] Writing lock_to_write(const Range& range);

  // Under the range's locks: what is there now, and what the next generation is. Count the
  // generations up when it is written.
  void fill(const Range& range, std::span<std::byte> to, std::uint64_t later = 0) const;
  void written(const Range& range);
  void check(const Range& range, std::span<const std::byte> got, const std::string& by) const;

private:
  mutable std::mutex mutex_;
  std::string path_, map_;
};
using FileRef = std::shared_ptr<File>;

class Files {
public:
  void add(FileRef file);
  void forget(const FileRef& file);
  void commit(const FileRef& file);                      // it is from now on
  [[nodiscard]] FileRef any(Random& random) const;       // nullptr: none
  [[nodiscard]] FileRef committed(Random& random) const; // nullptr: none
  [[nodiscard]] std::vector<FileRef> all_committed() const;

private:
  mutable std::mutex mutex_;
  std::vector<FileRef> pending_, committed_;
};

// For another process, after a remount.
void save(std::ostream& to, File& file);
[[nodiscard]] FileRef load(std::istream& from); // nullptr: the end

} // namespace famfs::load
