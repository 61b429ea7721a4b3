// A vector in pages of its own. The table of mappings is changed inside calls of munmap(2) that may
// come from a program's own malloc, so malloc cannot be where it lives.
#pragma once

#include "capi/raw_syscall.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <sys/mman.h>

namespace famfs::capi {

template <class T> class PageVector {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  constexpr PageVector() = default;
  PageVector(const PageVector&) = delete;
  PageVector& operator=(const PageVector&) = delete;
  // Never freed as a global: threads may still unmap while the process exits.
  ~PageVector() = default;

  // Room for `more` items on top; false: no memory, nothing changed. Without it insert() is a bug.
  [[nodiscard]] bool reserve(std::size_t more) noexcept {
    if (size_ + more <= capacity_) {
      return true;
    }
    const std::size_t bytes = capacity_ == 0 ? kFirstBytes : capacity_ * sizeof(T) * 2;
    const long at =
        items_ == nullptr
            ? raw_syscall(SYS_mmap, 0L, bytes, static_cast<long>(PROT_READ | PROT_WRITE),
                          static_cast<long>(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L)
            : raw_syscall(SYS_mremap, items_, capacity_ * sizeof(T), bytes,
                          static_cast<long>(MREMAP_MAYMOVE), 0L);
    if (at < 0) {
      return false;
    }
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what the system call returned
    items_ = reinterpret_cast<T*>(at);
    capacity_ = bytes / sizeof(T);
    return true;
  }
  void release() noexcept {
    if (items_ != nullptr) {
      static_cast<void>(raw_syscall(SYS_munmap, items_, capacity_ * sizeof(T)));
    }
    items_ = nullptr;
    size_ = capacity_ = 0;
  }

  void insert(std::size_t at, const T& item) noexcept {
    std::memmove(items_ + at + 1, items_ + at, (size_ - at) * sizeof(T));
    items_[at] = item;
    ++size_;
  }
  void erase(std::size_t first, std::size_t last) noexcept {
    std::memmove(items_ + first, items_ + last, (size_ - last) * sizeof(T));
    size_ -= last - first;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return items_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return items_[i]; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {items_, size_}; }

private:
  static constexpr std::size_t kFirstBytes = 65536; // whole pages on every architecture

  T* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace famfs::capi
