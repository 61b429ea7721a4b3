#include "durable.h"

#include <algorithm>
#include <cstring>

namespace famfs::instructions {

Durable::Durable(std::span<const std::byte> device, Forget forget)
    : device_(device), forget_(std::move(forget)), kept_(device.begin(), device.end()) {}

void Durable::write_back(pid_t thread, std::uint64_t offset) {
  if (forget_ && forget_(Event::write_back, offset / kLine)) {
    return;
  }
  const std::uint64_t line = offset / kLine * kLine;
  const auto bytes = device_.subspan(line, kLine);
  unfenced_[thread].insert_or_assign(line, std::vector(bytes.begin(), bytes.end()));
}

void Durable::fence(pid_t thread) {
  if (forget_ && forget_(Event::fence, 0)) {
    return;
  }
  for (const auto& [line, bytes] : unfenced_[thread]) {
    std::ranges::copy(bytes, kept_.begin() + static_cast<std::ptrdiff_t>(line));
  }
  unfenced_.erase(thread);
}

std::optional<std::uint64_t> Durable::lost(std::optional<std::uint64_t> except_line) const {
  constexpr std::size_t page = 4096;
  for (std::size_t at = 0; at < kept_.size(); at += page) {
    if (std::memcmp(kept_.data() + at, device_.data() + at, page) == 0) {
      continue;
    }
    for (std::size_t i = at; i < at + page; ++i) {
      if (kept_[i] != device_[i] && i / kLine * kLine != except_line) {
        return i;
      }
    }
  }
  return std::nullopt;
}

} // namespace famfs::instructions
