#include "media/mapped_memory.h"

#include "base/text.h"
#include "media/cache.h"
#include "media/fault_guard.h"
#include "media/kinds.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include <libpmem2.h>

namespace famfs::media {
namespace {

struct DeleteSource {
  void operator()(pmem2_source* source) const noexcept { pmem2_source_delete(&source); }
};
struct DeleteConfig {
  void operator()(pmem2_config* config) const noexcept { pmem2_config_delete(&config); }
};
struct DeleteMap {
  void operator()(pmem2_map* map) const noexcept { pmem2_map_delete(&map); }
};
using Source = std::unique_ptr<pmem2_source, DeleteSource>;
using Config = std::unique_ptr<pmem2_config, DeleteConfig>;
using Map = std::unique_ptr<pmem2_map, DeleteMap>;

class MappedMemory final : public Memory {
public:
  MappedMemory(Map map, std::string path, Access access, FaultObserver observer)
      : map_(std::move(map)), path_(std::move(path)), observer_(std::move(observer)),
        writable_(access == Access::read_write),
        base_(static_cast<std::byte*>(pmem2_map_get_address(map_.get()))),
        size_(pmem2_map_get_size(map_.get())), ops_(cache_ops()) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }

  Result<void> load(std::uint64_t offset, MutableBytes to) const override;
  Result<void> store(std::uint64_t offset, Bytes from) override;
  Result<void> zero(std::uint64_t offset, std::uint64_t length) override;
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override;
  Result<void> write_back(std::uint64_t offset, std::uint64_t length) override;
  Result<void> invalidate(std::uint64_t offset, std::uint64_t length) const override;
  void fence() const noexcept override { store_fence(ops_); }
  [[nodiscard]] std::byte* address(std::uint64_t offset) const noexcept override {
    return offset < size_ ? base_ + offset : nullptr;
  }

private:
  [[nodiscard]] bool within(std::uint64_t offset, std::uint64_t length) const noexcept {
    return offset <= size_ && length <= size_ - offset;
  }
  [[nodiscard]] Result<void> outside(std::uint64_t offset, std::uint64_t length) const noexcept;
  [[nodiscard]] Result<void> writable(std::uint64_t offset, std::uint64_t length) const noexcept;
  [[nodiscard]] Result<void> outcome(CopyFault fault, std::uint64_t offset,
                                     const char* tried) const noexcept;
  void tell(CopyFault fault) const;

  Map map_;
  std::string path_;
  FaultObserver observer_;
  bool writable_;
  std::byte* base_;
  std::uint64_t size_;
  CacheOps ops_;
};

Result<void> MappedMemory::outside(std::uint64_t offset, std::uint64_t length) const noexcept {
  return no_throw([&]() -> Result<void> {
    return fail(Errc::invalid, fmt::format("{}: {} bytes at offset {}: outside the {} bytes mapped",
                                           printable(path_), length, offset, size_));
  });
}

Result<void> MappedMemory::writable(std::uint64_t offset, std::uint64_t length) const noexcept {
  if (!writable_) {
    return no_throw([&]() -> Result<void> {
      return fail(Errc::read_only, fmt::format("{}: cannot store at offset {}: mapped read-only",
                                               printable(path_), offset));
    });
  }
  return within(offset, length) ? Result<void>() : outside(offset, length);
}

Result<void> MappedMemory::outcome(CopyFault fault, std::uint64_t offset,
                                   const char* tried) const noexcept {
  if (!fault.failed) {
    return {};
  }
  return no_throw([&]() -> Result<void> {
    tell(fault);
    return fail(Errc::io,
                fmt::format("{}: cannot {} at offset {}: the page is bad or the device was "
                            "taken away",
                            printable(path_), tried, offset + fault.offset));
  });
}

void MappedMemory::tell(CopyFault fault) const {
  // A huge page may reach over the mapping's ends.
  const auto base = reinterpret_cast<std::uintptr_t>(base_);
  const std::uintptr_t begin = std::clamp(fault.bad_address, base, base + size_);
  const std::uintptr_t end = std::clamp(fault.bad_address + fault.bad_length, base, base + size_);
  if (observer_ && begin < end) {
    observer_({.offset = begin - base, .length = end - begin});
  }
}

Result<void> MappedMemory::load(std::uint64_t offset, MutableBytes to) const {
  if (!within(offset, to.size())) {
    return outside(offset, to.size());
  }
  const CopyFault fault = guarded_copy(to.data(), base_ + offset, to.size());
#ifndef __SANITIZE_THREAD__ // which knows no fences, and sees none of these copies
  // The other half of store_u64's release: what was stored before a counter is seen after it.
  std::atomic_thread_fence(std::memory_order_acquire);
#endif
  return outcome(fault, offset, "read");
}

Result<void> MappedMemory::store(std::uint64_t offset, Bytes from) {
  if (auto may = writable(offset, from.size()); !may) {
    return may;
  }
  return outcome(guarded_copy(base_ + offset, from.data(), from.size()), offset, "write");
}

Result<void> MappedMemory::zero(std::uint64_t offset, std::uint64_t length) {
  if (auto may = writable(offset, length); !may) {
    return may;
  }
  return outcome(guarded_zero(base_ + offset, length), offset, "write");
}

Result<void> MappedMemory::store_u64(std::uint64_t offset, std::uint64_t value) {
  if (auto may = writable(offset, sizeof value); !may) {
    return may;
  }
  if (offset % sizeof value != 0) {
    return no_throw([&]() -> Result<void> {
      return fail(Errc::invalid, fmt::format("{}: 8-byte store at offset {}: not a multiple of 8",
                                             printable(path_), offset));
    });
  }
  return outcome(guarded_store_u64(base_ + offset, value), offset, "write");
}

Result<void> MappedMemory::write_back(std::uint64_t offset, std::uint64_t length) {
  if (!within(offset, length)) {
    return outside(offset, length);
  }
  return outcome(guarded_write_back(base_ + offset, length), offset, "write back");
}

Result<void> MappedMemory::invalidate(std::uint64_t offset, std::uint64_t length) const {
  if (!within(offset, length)) {
    return outside(offset, length);
  }
  return outcome(guarded_invalidate(base_ + offset, length), offset, "invalidate");
}

// libpmem2 gives negative errnos, and codes of its own below all of them. (Its pmem2_err_to_errno
// is declared, but Debian 12's library does not export it.)
Errc code_of(int code) noexcept {
  switch (code) {
  case PMEM2_E_NO_ACCESS:
    return Errc::access_denied;
  case PMEM2_E_MAP_RANGE: // shorter than it was when it was inspected
  case PMEM2_E_SOURCE_EMPTY:
    return Errc::no_device;
  case PMEM2_E_NOSUPP:
  case PMEM2_E_INVALID_FILE_TYPE:
  case PMEM2_E_SOURCE_TYPE_NOT_SUPPORTED:
  case PMEM2_E_GRANULARITY_NOT_SUPPORTED:
    return Errc::unsupported;
  default:
    return code > PMEM2_E_UNKNOWN ? from_errno(-code) : Errc::system;
  }
}

std::unexpected<Error> cannot_map(const DeviceInfo& info, std::uint64_t length, int code) {
  return fail(code_of(code), fmt::format("{}: cannot map {} bytes: {}", printable(info.path),
                                         length, printable(pmem2_errormsg())));
}

int configure(pmem2_config* config, Access access, std::uint64_t length) {
  // PAGE is the weakest promise: stand-ins give no better, and our own write-backs do not need it.
  int code = pmem2_config_set_required_store_granularity(config, PMEM2_GRANULARITY_PAGE);
  if (code == 0) {
    code = pmem2_config_set_length(config, length);
  }
  if (code == 0) {
    code = pmem2_config_set_sharing(config, PMEM2_SHARED);
  }
  if (code == 0) {
    const unsigned write = access == Access::read_write ? PMEM2_PROT_WRITE : PMEM2_PROT_NONE;
    code = pmem2_config_set_protection(config, PMEM2_PROT_READ | write);
  }
  return code;
}

} // namespace

Result<std::unique_ptr<Memory>> map_device(const DeviceInfo& info, int fd, Access access,
                                           std::uint64_t length, FaultObserver observer) {
  pmem2_source* new_source = nullptr;
  if (const int code = pmem2_source_from_fd(&new_source, fd); code != 0) {
    return cannot_map(info, length, code);
  }
  const Source source(new_source);
  pmem2_config* new_config = nullptr;
  if (const int code = pmem2_config_new(&new_config); code != 0) {
    return cannot_map(info, length, code);
  }
  const Config config(new_config);
  if (const int code = configure(config.get(), access, length); code != 0) {
    return cannot_map(info, length, code);
  }
  pmem2_map* new_map = nullptr;
  if (const int code = pmem2_map_new(&new_map, config.get(), source.get()); code != 0) {
    return cannot_map(info, length, code);
  }
  return std::make_unique<MappedMemory>(Map(new_map), info.path, access, std::move(observer));
}

} // namespace famfs::media
