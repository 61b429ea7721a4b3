// The device's memory with its cache maintenance counted: what a mount gives to role, volume and
// log in place of the mapping itself.
#pragma once

#include "media/memory.h"
#include "metrics.h"

namespace famfs::daemon {

// Thread-safe as what it stands before; both outlive it.
class CountedMemory final : public media::Memory {
public:
  CountedMemory(media::Memory& memory, Metrics& metrics) : memory_(memory), metrics_(metrics) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return memory_.size(); }
  Result<void> load(std::uint64_t offset, MutableBytes to) const override {
    return memory_.load(offset, to);
  }
  Result<void> store(std::uint64_t offset, Bytes from) override {
    return memory_.store(offset, from);
  }
  Result<void> zero(std::uint64_t offset, std::uint64_t length) override {
    return memory_.zero(offset, length);
  }
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override {
    return memory_.store_u64(offset, value);
  }
  Result<void> write_back(std::uint64_t offset, std::uint64_t length) override;
  Result<void> invalidate(std::uint64_t offset, std::uint64_t length) const override;
  void fence() const noexcept override { memory_.fence(); }
  [[nodiscard]] std::byte* address(std::uint64_t offset) const noexcept override {
    return memory_.address(offset);
  }

private:
  media::Memory& memory_;
  Metrics& metrics_;
};

} // namespace famfs::daemon
