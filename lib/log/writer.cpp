#include "log/writer.h"

#include "media/cache.h"

#include <fmt/format.h>

#include <array>

namespace famfs::log {

namespace {

constexpr std::uint64_t kSeqnumAt = format::kLogOffset + format::kNextSeqnumOffset;
constexpr std::uint64_t kIndexAt = format::kLogOffset + format::kNextIndexOffset;
constexpr std::uint64_t kCountersLength = 2 * sizeof(std::uint64_t);

std::uint64_t lines_in(std::uint64_t offset, std::uint64_t length) noexcept {
  return (offset + length - 1) / media::kCacheLine - offset / media::kCacheLine + 1;
}

// A second appender (a cloned host with the same UUID, another tool) would be overwritten unseen;
// one load of a line that is in the cache anyway tells.
Result<void> expect_next_index(const media::Memory& memory, std::uint64_t expected) {
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  if (auto loaded = memory.load(kIndexAt, bytes); !loaded) {
    return loaded;
  }
  const auto found = load_le<std::uint64_t>(bytes, 0);
  if (found == expected) {
    return {};
  }
  return fail(
      Errc::corrupt,
      fmt::format("log: next_index is {} and was {}: somebody else appends to this log: unmount, "
                  "make sure that one host alone has the master's UUID, and mount again",
                  found, expected));
}

} // namespace

Writer::Writer(media::Memory& memory, const format::Geometry& geometry, std::uint64_t position)
    : memory_(memory), capacity_(format::log_capacity(geometry.log_length)), next_(position) {}

Result<std::uint64_t> Writer::append(const format::EntryBody& body) {
  if (next_ >= capacity_) {
    return fail(Errc::log_full,
                fmt::format("log: all {} entries are used: make a file system with a longer log",
                            capacity_));
  }
  if (auto mine = expect_next_index(memory_, next_); !mine) {
    return std::unexpected(mine.error());
  }
  const std::uint64_t index = next_;
  if (auto stored = store_entry(index, body); !stored) {
    return std::unexpected(stored.error());
  }
  if (auto committed = store_counters(index + 1); !committed) {
    return std::unexpected(committed.error());
  }
  return index;
}

Result<void> Writer::store_entry(std::uint64_t index, const format::EntryBody& body) {
  const auto bytes = format::encode(format::Entry{.seqnum = index, .body = body});
  const std::uint64_t offset = format::entry_offset(index);
  if (auto stored = memory_.store(offset, bytes); !stored) {
    return stored;
  }
  return write_back(offset, bytes.size());
}

Result<void> Writer::store_counters(std::uint64_t next) {
  if (auto stored = memory_.store_u64(kSeqnumAt, next); !stored) {
    return stored;
  }
  if (auto stored = memory_.store_u64(kIndexAt, next); !stored) {
    return stored;
  }
  // From here on readers may see the entry: its slot is taken, whatever becomes of the write-back.
  next_ = next;
  return write_back(kSeqnumAt, kCountersLength);
}

Result<void> Writer::write_back(std::uint64_t offset, std::uint64_t length) {
  lines_ += lines_in(offset, length);
  if (auto written = memory_.write_back(offset, length); !written) {
    return written;
  }
  memory_.fence();
  return {};
}

std::uint64_t Writer::capacity() const noexcept {
  return capacity_;
}
std::uint64_t Writer::used() const noexcept {
  return next_;
}
std::uint64_t Writer::lines_written_back() const noexcept {
  return lines_;
}

} // namespace famfs::log
