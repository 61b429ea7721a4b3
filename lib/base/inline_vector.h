// A vector whose capacity is part of its type and which never allocates: for what the format
// bounds.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>

namespace famfs {

template <class T, std::size_t N> class InlineVector {
public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ == N; }
  [[nodiscard]] static constexpr std::size_t capacity() noexcept { return N; }

  void push_back(const T& value) noexcept {
    assert(size_ < N);
    items_[size_++] = value;
  }
  void pop_back() noexcept {
    assert(size_ > 0);
    --size_;
  }
  void clear() noexcept { size_ = 0; }

  [[nodiscard]] T& operator[](std::size_t i) noexcept { return items_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return items_[i]; }
  [[nodiscard]] T& back() noexcept { return items_[size_ - 1]; }
  [[nodiscard]] const T& back() const noexcept { return items_[size_ - 1]; }
  [[nodiscard]] auto begin() noexcept { return items_.begin(); }
  [[nodiscard]] auto end() noexcept { return items_.begin() + static_cast<std::ptrdiff_t>(size_); }
  [[nodiscard]] auto begin() const noexcept { return items_.begin(); }
  [[nodiscard]] auto end() const noexcept {
    return items_.begin() + static_cast<std::ptrdiff_t>(size_);
  }
  [[nodiscard]] std::span<const T> span() const noexcept { return {items_.data(), size_}; }

  bool operator==(const InlineVector& other) const noexcept {
    if (size_ != other.size_) {
      return false;
    }
    for (std::size_t i = 0; i < size_; ++i) {
      if (!(items_[i] == other.items_[i])) {
        return false;
      }
    }
    return true;
  }

private:
  std::array<T, N> items_{};
  std::size_t size_ = 0;
};

} // namespace famfs
