#include "stand_in.h"

#include "media/device.h"
#include "volume/make.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace famfs::bench {
namespace {

class Ram final : public media::Memory {
public:
  explicit Ram(std::uint64_t size) : size_(size) {
    void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
      give_up("address space for a RAM memory");
    }
    bytes_ = static_cast<std::byte*>(at);
  }
  ~Ram() override { ::munmap(bytes_, size_); }

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  Result<void> load(std::uint64_t offset, MutableBytes to) const override {
    std::memcpy(to.data(), bytes_ + offset, to.size());
    return {};
  }
  Result<void> store(std::uint64_t offset, Bytes from) override {
    std::memcpy(bytes_ + offset, from.data(), from.size());
    return {};
  }
  // Only mkfs zeroes, and fresh memory is zero: not touching it keeps it sparse.
  Result<void> zero(std::uint64_t, std::uint64_t) override { return {}; }
  Result<void> store_u64(std::uint64_t offset, std::uint64_t value) override {
    std::memcpy(bytes_ + offset, &value, sizeof value);
    return {};
  }
  Result<void> write_back(std::uint64_t, std::uint64_t) override { return {}; }
  Result<void> invalidate(std::uint64_t, std::uint64_t) const override { return {}; }
  void fence() const noexcept override {}
  [[nodiscard]] std::byte* address(std::uint64_t offset) const noexcept override {
    return bytes_ + offset;
  }

private:
  std::byte* bytes_ = nullptr;
  std::uint64_t size_;
};

} // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

std::unique_ptr<media::Memory> make_ram(std::uint64_t size) {
  return std::make_unique<Ram>(size);
}

std::unique_ptr<media::Memory> make_stand_in(std::uint64_t size) {
  const std::string path = "/dev/shm/famfs-bench." + std::to_string(::getpid());
  if (auto made = media::make_stand_in(path, size); !made) {
    give_up(made.error().message);
  }
  auto device = media::Device::open(path, media::Access::read_write);
  auto memory = device ? device->map() : std::unexpected(device.error());
  ::unlink(path.c_str());
  if (!memory) {
    give_up(memory.error().message);
  }
  return std::move(*memory);
}

format::Geometry make_file_system(media::Memory& memory, std::uint64_t log_length) {
  const volume::MakeOptions options{.log_length = log_length, .system = {}, .device_path = "bench"};
  if (auto made = volume::make(memory, options); !made) {
    give_up(made.error().message);
  }
  return {.device_size = memory.size(), .log_length = log_length, .alloc_unit = format::kAllocUnit};
}

} // namespace famfs::bench
