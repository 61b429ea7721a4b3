// libFuzzer's mutator for images: knows what is in one, and repairs CRCs, sequence numbers and the
// entries' count, so that mutations get past them; now and then it leaves them wrong.
#include "image.h"
#include "structures.h"

#include <algorithm>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed);

namespace famfs::fuzz {
namespace {

constexpr std::size_t kSuperblockAt = kImageHead;
constexpr std::size_t kHeaderAt = kSuperblockAt + format::kSuperblockSize;
constexpr std::size_t kCountAt = 8;
constexpr std::size_t kFirstAt = 10;

class Mutator {
public:
  Mutator(std::vector<std::byte> bytes, Random& random)
      : bytes_(std::move(bytes)), random_(random) {
    if (bytes_.size() < kImageEntries) {
      bytes_.resize(kImageEntries);
    }
    entries_ = std::min<std::size_t>({load_le<std::uint16_t>(bytes_, kCountAt), kMostEntries,
                                      (bytes_.size() - kImageEntries) / format::kEntrySize});
  }

  std::vector<std::byte> run() {
    for (auto changes = 1 + random_() % 3; changes-- > 0;) {
      change();
    }
    store_le(bytes_, kCountAt, static_cast<std::uint16_t>(entries_));
    if (random_() % 16 != 0) {
      repair();
    }
    return std::move(bytes_);
  }

private:
  void change() {
    switch (random_() % 16) {
    case 0:
      store_le(bytes_, 0, 64 * MiB - random_() % 4 * MiB);
      break;
    case 1:
      store_le(bytes_, kFirstAt, static_cast<std::uint16_t>(random_() % (entries_ + 1)));
      break;
    case 2:
      mutate(Structure::superblock, part(kSuperblockAt, format::kSuperblockSize), device_size(),
             random_);
      break;
    case 3:
      mutate(Structure::header, part(kHeaderAt, format::kLogHeaderSize), device_size(), random_);
      break;
    case 4:
      add_entry();
      break;
    case 5:
      remove_entry();
      break;
    case 6:
    case 7:
    case 8:
    case 9:
      change_tail();
      break;
    default:
      change_entry();
    }
  }

  void add_entry() {
    if (entries_ >= kMostEntries) {
      return;
    }
    std::vector<std::byte> added(format::kEntrySize);
    if (entries_ > 0) {
      std::ranges::copy(entry(random_() % entries_), added.begin());
    }
    bytes_.insert(bytes_.begin() + place(random_() % (entries_ + 1)), added.begin(), added.end());
    ++entries_;
    change_entry();
  }

  void remove_entry() {
    if (entries_ > 0) {
      const auto at = bytes_.begin() + place(random_() % entries_);
      bytes_.erase(at, at + static_cast<std::ptrdiff_t>(format::kEntrySize));
      --entries_;
    }
  }

  void change_entry() {
    if (entries_ == 0) {
      return;
    }
    const MutableBytes one = entry(random_() % entries_);
    const Bytes other = entry(random_() % entries_);
    if (random_() % 4 == 0) { // a part of another one: its extents, or its path
      constexpr std::size_t kPath = 40;
      constexpr std::size_t kMap = 120;
      const std::size_t at = random_() % 2 == 0 ? kPath : kMap;
      const std::size_t length = at == kPath ? kMap - kPath : format::kEntrySize - kMap - 8;
      const std::vector<std::byte> copy(other.begin(), other.end());
      std::ranges::copy(Bytes(copy).subspan(at, length), one.subspan(at).begin());
    }
    mutate(Structure::entry, one, device_size(), random_);
  }

  void change_tail() {
    constexpr std::size_t kMostTail = 512;
    const auto begin = static_cast<std::size_t>(place(entries_));
    std::size_t length = bytes_.size() - begin;
    bytes_.resize(begin + std::max(length, kMostTail));
    length = LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes_.data() + begin), length,
                              bytes_.size() - begin);
    bytes_.resize(begin + length);
  }

  void repair() {
    seal(Structure::superblock, part(kSuperblockAt, format::kSuperblockSize));
    for (std::size_t i = 0; i < entries_; ++i) {
      store_le(entry(i), 0, std::uint64_t{i});
      seal(Structure::entry, entry(i));
    }
    const MutableBytes header = part(kHeaderAt, format::kLogHeaderSize);
    if (random_() % 8 != 0) {
      store_le(header, format::kNextSeqnumOffset, std::uint64_t{entries_});
      store_le(header, format::kNextIndexOffset, std::uint64_t{entries_});
    }
    seal(Structure::header, header);
  }

  [[nodiscard]] std::uint64_t device_size() const { return load_le<std::uint64_t>(bytes_, 0); }
  [[nodiscard]] static std::ptrdiff_t place(std::size_t index) {
    return static_cast<std::ptrdiff_t>(kImageEntries + index * format::kEntrySize);
  }
  MutableBytes part(std::size_t at, std::size_t length) {
    return MutableBytes(bytes_).subspan(at, length);
  }
  MutableBytes entry(std::size_t index) {
    return part(static_cast<std::size_t>(place(index)), format::kEntrySize);
  }

  std::vector<std::byte> bytes_;
  std::size_t entries_ = 0;
  Random& random_;
};

} // namespace
} // namespace famfs::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  using namespace famfs;
  fuzz::Random random(seed);
  const Bytes given = std::as_bytes(std::span(data, size));
  const auto made = fuzz::Mutator({given.begin(), given.end()}, random).run();
  const std::size_t length = std::min(made.size(), max_size);
  std::memcpy(data, made.data(), length);
  return length;
}
