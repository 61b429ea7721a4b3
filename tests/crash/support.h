#pragma once

#include "site.h"
#include "volume/volume.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace famfs::crash {

class Faults final : public log::Reporter {
public:
  void fault(const format::Fault& fault) override { all += format::describe(fault) + "; "; }
  std::string all;
};

class Text final : public volume::WriteSource {
public:
  explicit Text(std::string_view text) : text_(text) {}
  Result<void> copy(media::Memory& memory, std::uint64_t offset, std::uint64_t length) override {
    const auto part = text_.substr(0, length);
    text_.remove_prefix(length);
    return memory.store(offset, std::as_bytes(std::span(part)));
  }

private:
  std::string_view text_;
};

// Of the world itself, not of what is tested.
template <class T> T must(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

} // namespace famfs::crash
