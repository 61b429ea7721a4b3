#include "log/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <optional>
#include <utility>

namespace famfs::log {

namespace {

using format::Fault;
using format::FaultKind;

// Entries copied at a time: enough to make the cost of a call vanish, few enough to stay in L1/L2.
constexpr std::uint64_t kBatch = 64;
constexpr int kLooks = 64;

Result<void> load_fresh(const media::Memory& memory, std::uint64_t offset, MutableBytes to) {
  if (auto dropped = memory.invalidate(offset, to.size()); !dropped) {
    return dropped;
  }
  memory.fence();
  return memory.load(offset, to);
}

// A load is a copy of bytes and may catch next_index half stored; two equal looks in a row cannot
// both have. A master that appends faster than we look twice gives its latest after kLooks.
Result<format::LogHeaderBytes> load_header(const media::Memory& memory) {
  format::LogHeaderBytes bytes{};
  format::LogHeaderBytes again{};
  if (auto loaded = load_fresh(memory, format::kLogOffset, bytes); !loaded) {
    return std::unexpected(loaded.error());
  }
  for (int look = 1; look < kLooks; ++look) {
    if (auto loaded = memory.load(format::kLogOffset, again); !loaded) {
      return std::unexpected(loaded.error());
    }
    if (again == bytes) {
      break;
    }
    bytes = again;
  }
  // Entries must not be read ahead of the counter that says they are there.
  std::atomic_thread_fence(std::memory_order_acquire);
  return bytes;
}

// One replay: the batch buffer, and what came of it so far.
class Replay {
public:
  Replay(const media::Memory& memory, const format::Geometry& geometry, const Apply& apply,
         Reporter& reporter, std::uint64_t devices)
      : memory_(memory), geometry_(geometry), apply_(apply), reporter_(reporter),
        devices_(devices) {}

  Replayed run(std::uint64_t from, std::uint64_t until, std::uint64_t committed) {
    result_ = {.position = from, .committed = committed};
    while (result_.position < until && !result_.stopped) {
      batch(std::min(kBatch, until - result_.position));
    }
    return result_;
  }

private:
  void batch(std::uint64_t count) {
    const std::uint64_t first = result_.position;
    const MutableBytes all = MutableBytes(buffer_).first(count * format::kEntrySize);
    const bool loaded = load_fresh(memory_, format::entry_offset(first), all).has_value();
    for (std::uint64_t i = 0; i < count; ++i) {
      const MutableBytes bytes = all.subspan(i * format::kEntrySize, format::kEntrySize);
      if (!whole(first + i, bytes, loaded)) {
        result_.stopped = true;
        return;
      }
      take(first + i, bytes);
      result_.position = first + i + 1;
    }
  }

  // Not whole at first sight may be this host's stale lines, or a neighbour's bad page that spoiled
  // the batch: the entry is read once more, alone.
  bool whole(std::uint64_t index, MutableBytes bytes, bool loaded) {
    if (loaded && !format::check_whole(bytes, index)) {
      return true;
    }
    if (auto again = load_fresh(memory_, format::entry_offset(index), bytes); !again) {
      stop({.kind = FaultKind::entry_unreadable,
            .entry = index,
            .offset = format::entry_offset(index),
            .what = again.error().message});
      return false;
    }
    if (auto fault = format::check_whole(bytes, index)) {
      stop(std::move(*fault));
      return false;
    }
    return true;
  }

  void take(std::uint64_t index, Bytes bytes) {
    auto entry = format::decode_entry(bytes, index, geometry_, devices_);
    const std::optional<Fault> fault =
        entry ? apply_(index, *entry) : std::optional(std::move(entry.error()));
    if (!fault) {
      ++result_.applied;
      return;
    }
    ++result_.refused;
    reporter_.fault(*fault);
  }

  void stop(Fault fault) {
    if (const std::uint64_t behind = result_.committed - *fault.entry - 1; behind > 0) {
      fault.what += fmt::format("; {} committed {} behind it not read", behind,
                                behind == 1 ? "entry is" : "entries are");
    }
    reporter_.fault(fault);
  }

  const media::Memory& memory_;
  const format::Geometry& geometry_;
  const Apply& apply_;
  Reporter& reporter_;
  std::uint64_t devices_;
  Replayed result_;
  std::array<std::byte, kBatch * format::kEntrySize> buffer_;
};

} // namespace

Reader::Reader(const media::Memory& memory, const format::Geometry& geometry)
    : memory_(memory), geometry_(geometry) {}

Result<format::LogHeader> Reader::header(Reporter& reporter) const {
  const auto bytes = load_header(memory_);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  const auto header = format::decode_log_header(*bytes);
  if (const auto fault = format::validate(header, *bytes, geometry_)) {
    reporter.fault(*fault);
    return fail(Errc::corrupt, format::describe(*fault));
  }
  return header;
}

Result<Replayed> Reader::replay(std::uint64_t from, const Apply& apply, Reporter& reporter,
                                std::uint64_t devices, std::uint64_t most) const {
  try {
    const auto head = header(reporter);
    if (!head) {
      return std::unexpected(head.error());
    }
    const std::uint64_t committed = head->next_index;
    if (from > committed) {
      return fail(
          Errc::corrupt,
          fmt::format("log: next_index is {} and {} entries were replayed before: the log went "
                      "back: unmount and mount again",
                      committed, from));
    }
    const std::uint64_t until = from + std::min(most, committed - from);
    return Replay(memory_, geometry_, apply, reporter, devices).run(from, until, committed);
  } catch (const std::bad_alloc&) {
    return fail(Errc::no_memory, "log: out of memory in a replay: free some and try again");
  }
}

Result<format::EntryBytes> Reader::entry(std::uint64_t index) const {
  if (index >= format::log_capacity(geometry_.log_length)) {
    return fail(Errc::invalid,
                fmt::format("log entry {}: the log has {} slots: ask for one of them", index,
                            format::log_capacity(geometry_.log_length)));
  }
  format::EntryBytes bytes{};
  if (auto loaded = load_fresh(memory_, format::entry_offset(index), bytes); !loaded) {
    return std::unexpected(loaded.error());
  }
  return bytes;
}

} // namespace famfs::log
