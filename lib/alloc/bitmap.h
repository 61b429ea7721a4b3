// A bitmap that is searched and changed by words: one bit an allocation unit. Ranges are [begin,
// end) in bits, begin ≤ end ≤ size().
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

namespace famfs::alloc {

class Bitmap {
public:
  // All clear; nullopt: no memory. From calloc, so that the map of a huge sparse device costs
  // memory only where it is written.
  [[nodiscard]] static std::optional<Bitmap> make(std::uint64_t bits);

  [[nodiscard]] std::uint64_t size() const noexcept { return bits_; }

  // The first such bit at or past `begin`; `end` when there is none.
  [[nodiscard]] std::uint64_t next_set(std::uint64_t begin, std::uint64_t end) const noexcept;
  [[nodiscard]] std::uint64_t next_clear(std::uint64_t begin, std::uint64_t end) const noexcept;
  [[nodiscard]] std::uint64_t count_set(std::uint64_t begin, std::uint64_t end) const noexcept;

  // Return how many bits changed.
  std::uint64_t set(std::uint64_t begin, std::uint64_t end) noexcept;
  std::uint64_t clear(std::uint64_t begin, std::uint64_t end) noexcept;

private:
  struct Free {
    void operator()(std::uint64_t* words) const noexcept { std::free(words); }
  };
  using Words = std::unique_ptr<std::uint64_t[], Free>;
  Bitmap(Words words, std::uint64_t bits) noexcept : words_(std::move(words)), bits_(bits) {}

  Words words_;
  std::uint64_t bits_;
};

} // namespace famfs::alloc
