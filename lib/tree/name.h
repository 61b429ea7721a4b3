// A node's name: up to 255 bytes in 16 bytes of the node. Most names fit there; a longer one costs
// an allocation. Moves, never copies.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace famfs::tree {

class Name {
public:
  static constexpr std::size_t kMaxLength = 255;
  static constexpr std::size_t kInside = 15;

  Name() noexcept = default;
  explicit Name(std::string_view text) : length_(static_cast<std::uint8_t>(text.size())) {
    assert(text.size() <= kMaxLength);
    char* to = inside_.data();
    if (text.size() > kInside) {
      to = new char[text.size()];
      std::memcpy(inside_.data(), static_cast<const void*>(&to), sizeof to);
    }
    std::memcpy(to, text.data(), text.size());
  }
  Name(Name&& other) noexcept
      : inside_(other.inside_), length_(std::exchange(other.length_, std::uint8_t{0})) {}
  Name& operator=(Name&& other) noexcept {
    std::swap(inside_, other.inside_);
    std::swap(length_, other.length_);
    return *this;
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;
  ~Name() {
    if (length_ > kInside) {
      delete[] outside();
    }
  }

  // Valid until the name is assigned to or destroyed.
  [[nodiscard]] std::string_view view() const noexcept {
    return {length_ > kInside ? outside() : inside_.data(), length_};
  }
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return length_ > kInside ? length_ : 0; }

private:
  [[nodiscard]] char* outside() const noexcept {
    char* text = nullptr;
    std::memcpy(static_cast<void*>(&text), inside_.data(), sizeof text);
    return text;
  }

  alignas(char*) std::array<char, kInside> inside_{}; // the text, or a pointer to it
  std::uint8_t length_ = 0;
};

} // namespace famfs::tree
