// A device of any size that costs what is written to it: a fuzzer opens thousands in a second.
//
// Where nothing was written there are zeros in the metadata, as mkfs leaves it, and junk behind it:
// what former files left, for invariant 4. Not thread-safe.
#pragma once

#include "fuzz.h"

#include "media/memory.h"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

namespace famfs::fuzz {

inline constexpr std::byte kJunk{0xee};

class SparseMemory final : public media::Memory {
public:
  SparseMemory(std::uint64_t size, std::uint64_t junk_from) : size_(size), junk_from_(junk_from) {}

  // Somebody asked for what is not there: the caller of the volume can do that, the volume not.
  [[nodiscard]] bool strayed() const noexcept { return strayed_; }

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }

  Result<void> load(std::uint64_t offset, MutableBytes to) const override {
    if (auto found = within(offset, to.size()); !found) {
      return found;
    }
    pieces(offset, to.size(), [&](std::uint64_t page, std::size_t at, std::size_t n) {
      const auto found = pages_.find(page);
      if (found == pages_.end() || !found->second) {
        const bool junk = found == pages_.end() && page * kPage >= junk_from_;
        std::ranges::fill(to.first(n), junk ? kJunk : std::byte{0});
      } else {
        std::memcpy(to.data(), found->second->data() + at, n);
      }
      to = to.subspan(n);
    });
    return {};
  }

  Result<void> store(std::uint64_t offset, Bytes from) override {
    if (auto found = within(offset, from.size()); !found) {
      return found;
    }
    pieces(offset, from.size(), [&](std::uint64_t page, std::size_t at, std::size_t n) {
      std::memcpy(writable(page).data() + at, from.data(), n);
      from = from.subspan(n);
    });
    return {};
  }

  Result<void> zero(std::uint64_t offset, std::uint64_t length) override {
    if (auto found = within(offset, length); !found) {
      return found;
    }
    pieces(offset, length, [&](std::uint64_t page, std::size_t at, std::size_t n) {
      if (n == kPage) {
        pages_[page] = nullptr;
      } else {
        std::memset(writable(page).data() + at, 0, n);
      }
    });
    return {};
  }

  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override {
    must(offset % sizeof value == 0, "an 8-byte store across words");
    return store(offset, std::as_bytes(std::span(&value, 1)));
  }

  Result<void> write_back(std::uint64_t offset, std::uint64_t length) override {
    return within(offset, length);
  }
  Result<void> invalidate(std::uint64_t offset, std::uint64_t length) const override {
    return within(offset, length);
  }
  void fence() const noexcept override {}
  [[nodiscard]] std::byte* address(std::uint64_t /*offset*/) const noexcept override {
    return nullptr; // there is none that all of it lies at
  }

private:
  static constexpr std::size_t kPage = 4096;
  using Page = std::array<std::byte, kPage>;

  Result<void> within(std::uint64_t offset, std::uint64_t length) const {
    if (offset <= size_ && length <= size_ - offset) {
      return {};
    }
    strayed_ = true;
    return fail(Errc::invalid, "outside the device");
  }

  template <class Fn> static void pieces(std::uint64_t offset, std::uint64_t length, Fn&& fn) {
    while (length > 0) {
      const std::size_t at = offset % kPage;
      const std::size_t n = std::min<std::uint64_t>(kPage - at, length);
      fn(offset / kPage, at, n);
      offset += n;
      length -= n;
    }
  }

  Page& writable(std::uint64_t page) {
    const auto [found, added] = pages_.try_emplace(page);
    if (!found->second) {
      found->second = std::make_unique<Page>();
      found->second->fill(added && page * kPage >= junk_from_ ? kJunk : std::byte{0});
    }
    return *found->second;
  }

  std::uint64_t size_;
  std::uint64_t junk_from_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_; // null: zeros
  mutable bool strayed_ = false;
};

} // namespace famfs::fuzz
