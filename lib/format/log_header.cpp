#include "format/log_header.h"

#include "base/crc32.h"
#include "base/text.h"

#include <algorithm>
#include <cassert>

namespace famfs::format {
namespace {

constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kLastIndexAt = 16;
constexpr std::size_t kCrcAt = 24; // over all before it

Fault fault(FaultKind kind, std::string what) {
  return {.kind = kind, .entry = std::nullopt, .offset = kLogOffset, .what = std::move(what)};
}

} // namespace

LogHeader make_log_header(std::uint64_t log_length) {
  LogHeader header;
  header.length = log_length;
  header.last_index = log_capacity(log_length) - 1;
  return header;
}

LogHeaderBytes encode(const LogHeader& header) {
  LogHeaderBytes bytes{};
  store_le(bytes, kMagicAt, header.magic);
  store_le(bytes, kLengthAt, header.length);
  store_le(bytes, kLastIndexAt, header.last_index);
  store_le<std::uint64_t>(bytes, kCrcAt, crc32(Bytes(bytes).first(kCrcAt)));
  store_le(bytes, kNextSeqnumOffset, header.next_seqnum);
  store_le(bytes, kNextIndexOffset, header.next_index);
  return bytes;
}

LogHeader decode_log_header(Bytes bytes) {
  assert(bytes.size() == kLogHeaderSize);
  return {.magic = load_le<std::uint64_t>(bytes, kMagicAt),
          .length = load_le<std::uint64_t>(bytes, kLengthAt),
          .last_index = load_le<std::uint64_t>(bytes, kLastIndexAt),
          .crc = load_le<std::uint64_t>(bytes, kCrcAt),
          .next_seqnum = load_le<std::uint64_t>(bytes, kNextSeqnumOffset),
          .next_index = load_le<std::uint64_t>(bytes, kNextIndexOffset)};
}

std::optional<Fault> validate(const LogHeader& header, Bytes bytes, const Geometry& geometry) {
  if (header.magic != kLogMagic) {
    return fault(FaultKind::header_magic,
                 fmt::format("magic is {:#x}, not {:#x}", header.magic, kLogMagic));
  }
  const std::uint64_t crc = crc32(bytes.first(kCrcAt));
  if (load_le<std::uint64_t>(bytes, kCrcAt) != crc) {
    return fault(FaultKind::header_crc,
                 fmt::format("CRC is {:#x}, its bytes give {:#x}", header.crc, crc));
  }
  if (header.length != geometry.log_length) {
    return fault(FaultKind::header_length, fmt::format("length is {}, but the superblock says {}",
                                                       header.length, geometry.log_length));
  }
  const std::uint64_t capacity = log_capacity(geometry.log_length);
  if (header.last_index != capacity - 1) {
    return fault(FaultKind::header_length,
                 fmt::format("last index is {}, but a log of {} bytes ends at {}",
                             header.last_index, header.length, capacity - 1));
  }
  if (header.next_index > capacity) {
    return fault(FaultKind::header_next_index,
                 fmt::format("next index is {}, but the log has room for {} entries",
                             header.next_index, capacity));
  }
  return std::nullopt;
}

std::optional<Fault> counters_fault(const LogHeader& header) {
  const std::uint64_t low = std::min(header.next_seqnum, header.next_index);
  const std::uint64_t high = std::max(header.next_seqnum, header.next_index);
  if (high - low <= 1) {
    return std::nullopt;
  }
  return fault(
      FaultKind::header_counters,
      fmt::format("next sequence number is {} and next index {}: they may differ by 1 at most",
                  header.next_seqnum, header.next_index));
}

} // namespace famfs::format
