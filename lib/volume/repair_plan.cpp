// What can be mended, from what lies there: values in, values out.
#include "volume/repair.h"

#include "base/text.h"
#include "format/mend.h"
#include "log/reader.h"
#include "volume/apply.h"
#include "volume/bad_memory.h"
#include "volume/guarded.h"
#include "volume/superblock_io.h"

#include <algorithm>
#include <string>
#include <utility>

namespace famfs::volume {

namespace {

using format::Fault;
using format::FaultKind;

constexpr std::uint64_t kNextSeqnum = format::kLogOffset + format::kNextSeqnumOffset;
constexpr std::uint64_t kNextIndex = format::kLogOffset + format::kNextIndexOffset;

// The words that differ, the last one first. An entry's is its CRC: one that has the new CRC and an
// old field is what restore_entry() finishes; the other way round nothing would tell what it is.
std::vector<WordStore> difference(Bytes before, Bytes after, std::uint64_t offset) {
  std::vector<WordStore> stores;
  for (std::size_t end = before.size(); end != 0; end -= sizeof(std::uint64_t)) {
    const std::size_t at = end - sizeof(std::uint64_t);
    const auto value = load_le<std::uint64_t>(after, at);
    if (value != load_le<std::uint64_t>(before, at)) {
      stores.push_back({.offset = offset + at, .value = value});
    }
  }
  return stores;
}

// What a walk over the committed entries finds.
struct Walk {
  std::uint64_t whole = 0;           // so many from the first on are, or can be restored
  std::optional<Fault> first;        // why the next is not
  std::string names;                 // theirs, as far as they can be read
  bool unreadable = false;           // it is, or one behind it
  bool whole_behind = false;         // so that the tail cannot be given up
  bool past_device = false;          // an extent is
  std::vector<std::uint64_t> normal; // those that normalize_entry() may make good
};

class Planner {
public:
  Planner(const media::Memory& memory, const log::Progress& progress, const media::BadRanges& bad)
      : memory_(memory), progress_(progress), bad_(bad) {}

  Result<RepairPlan> run() {
    if (!metadata_is_good(bad_, 0, NeedLog::no)) {
      return RepairPlan{};
    }
    if (auto done = superblock(); !done) {
      return std::unexpected(done.error());
    }
    if (!plan_.superblock) {
      return RepairPlan{};
    }
    geometry_ = format::geometry(*plan_.superblock, memory_.size());
    if (!metadata_is_good(bad_, geometry_.log_length, NeedLog::yes)) {
      plan_.mends.clear(); // the hardware's turn comes first
      return std::move(plan_);
    }
    if (auto done = log(); !done) {
      return std::unexpected(done.error());
    }
    // A device that was made smaller: its old size is not for us to forget.
    return size_is_new_ && walk_.past_device ? RepairPlan{} : std::move(plan_);
  }

private:
  void add(Fault fault, std::string_view becomes, std::vector<WordStore> stores) {
    fault.what += becomes;
    plan_.mends.push_back({.fault = std::move(fault), .stores = std::move(stores)});
  }

  // --- superblock ---

  Result<void> superblock() {
    const auto bytes = load_superblock(memory_);
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    // mkfs --kill, or an interrupted mkfs: there is no file system, and somebody wanted it so.
    if (format::decode_superblock(*bytes).magic == 0) {
      return {};
    }
    const auto whole = whole_superblock(*bytes);
    if (!whole) {
      return {};
    }
    auto found = format::decode_superblock(*whole);
    auto fault = format::validate(found, *whole, memory_.size());
    if (fault && fault->kind == FaultKind::superblock_device_size) {
      size_is_new_ = true;
      found.device_size = memory_.size();
      add(*fault, fmt::format(": becomes {}", found.device_size),
          {{format::kDeviceSizeOffset, found.device_size}});
      fault = format::validate(found, *whole, memory_.size());
    }
    if (fault) {
      return {};
    }
    if (auto flags = format::flags_fault(found)) {
      add(std::move(*flags), ": become 0", {{format::kFlagsOffset, 0}});
    }
    plan_.superblock = std::move(found);
    return {};
  }

  // All that is under the CRC is good then.
  std::optional<format::SuperblockBytes> whole_superblock(const format::SuperblockBytes& bytes) {
    const auto fault = format::validate(format::decode_superblock(bytes), bytes, memory_.size());
    if (!fault || fault->kind == FaultKind::superblock_device_size) {
      return bytes;
    }
    auto restored = format::restore_superblock(bytes, header_length());
    if (restored) {
      add(*fault, ": restored to what its CRC proves", difference(bytes, *restored, 0));
    }
    return restored;
  }

  [[nodiscard]] std::uint64_t header_length() const {
    if (media::find(bad_, format::kLogOffset, format::kLogHeaderSize) != nullptr) {
      return 0;
    }
    const auto bytes = load_log_header(memory_);
    return bytes ? format::own_length(*bytes) : 0;
  }

  // --- log ---

  Result<void> log() {
    const auto bytes = load_log_header(memory_);
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    capacity_ = format::log_capacity(geometry_.log_length);
    const auto header = format::decode_log_header(*bytes);
    // next_index past the last slot says nothing; next_seqnum is the other witness.
    const std::uint64_t bound = header.next_index <= capacity_
                                    ? header.next_index
                                    : std::min(header.next_seqnum, capacity_);
    if (auto walked = walk(bound); !walked) {
      return walked;
    }
    const auto fault = format::validate(header, *bytes, geometry_);
    if (fault && fault->kind != FaultKind::header_next_index) {
      restore_header(*fault, *bytes, header);
    } else {
      counters(header, fault);
    }
    return {};
  }

  // What damaged the header may have damaged the counters beside it: all witnesses must agree.
  void restore_header(const Fault& fault, const format::LogHeaderBytes& bytes,
                      const format::LogHeader& header) {
    const std::uint64_t count = header.next_index;
    const auto restored = format::restore_log_header(bytes, geometry_);
    if (restored && count <= capacity_ && header.next_seqnum == count && walk_.whole == count &&
        !is_whole(count)) {
      add(fault, ": restored from the superblock",
          difference(bytes, *restored, format::kLogOffset));
      plan_.committed = count;
    }
  }

  void counters(const format::LogHeader& header, const std::optional<Fault>& past_last) {
    if (past_last) {
      if (header.next_seqnum <= capacity_ && walk_.whole == header.next_seqnum &&
          !is_whole(header.next_seqnum)) {
        commit_point(*past_last, header, header.next_seqnum);
      }
      return;
    }
    if (walk_.first && (walk_.unreadable || walk_.whole_behind)) {
      return; // what is behind would be lost
    }
    if (walk_.first) {
      commit_point(
          *walk_.first, header, walk_.whole,
          fmt::format("; entries given up: {}{}", header.next_index - walk_.whole, walk_.names));
      return;
    }
    if (header.next_seqnum == header.next_index || is_behind_its_entries(header)) {
      plan_.committed = header.next_index;
      return;
    }
    commit_point({.kind = FaultKind::header_counters,
                  .entry = std::nullopt,
                  .offset = format::kLogOffset,
                  .what = {}},
                 header, header.next_index);
  }

  // Both counters become `count`. Durable in any order, they are understood.
  void commit_point(Fault fault, const format::LogHeader& header, std::uint64_t count,
                    std::string_view why = {}) {
    std::vector<WordStore> stores;
    std::string becomes(why);
    const auto set = [&](std::string_view name, std::uint64_t from, std::uint64_t offset) {
      if (from != count) {
        becomes +=
            fmt::format("{}next {} {} becomes {}",
                        becomes.empty() && fault.what.empty() ? "" : "; ", name, from, count);
        stores.push_back({offset, count});
      }
    };
    set("index", header.next_index, kNextIndex);
    set("sequence number", header.next_seqnum, kNextSeqnum);
    add(std::move(fault), becomes, std::move(stores));
    plan_.committed = count;
  }

  // next_seqnum and whole entries say that more was committed than next_index does: who is right?
  [[nodiscard]] bool is_behind_its_entries(const format::LogHeader& header) const {
    if (header.next_seqnum <= header.next_index + 1 || header.next_seqnum > capacity_) {
      return false;
    }
    for (std::uint64_t i = header.next_index; i < header.next_seqnum; ++i) {
      if (!is_whole(i)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool is_whole(std::uint64_t index) const {
    if (index >= capacity_) {
      return false;
    }
    const auto bytes = log::Reader(memory_, geometry_).entry(index);
    return bytes && !format::check_whole(*bytes, index);
  }

  // --- entries ---

  [[nodiscard]] bool go_on(std::uint64_t done, std::uint64_t entries) const {
    return !progress_ || progress_(done, entries);
  }
  static Result<void> interrupted(std::uint64_t done, std::uint64_t entries) {
    return fail(Errc::interrupted,
                fmt::format("repair: interrupted after {} of {} entries: nothing was changed", done,
                            entries));
  }

  Result<void> walk(std::uint64_t bound) {
    auto allocator = alloc::Allocator::make(geometry_);
    if (!allocator) {
      return std::unexpected(allocator.error());
    }
    Contents contents{.tree = tree::Tree(0, 0, 0755), .allocator = std::move(*allocator)};
    const log::Reader reader(memory_, geometry_);
    for (std::uint64_t i = 0; i < bound; ++i) {
      if (i % log::kEntriesPerCall == 0 && !go_on(i, bound)) {
        return interrupted(i, bound);
      }
      look_at(reader, i, contents);
    }
    if (!go_on(bound, bound)) {
      return interrupted(bound, bound);
    }
    normalize(reader, contents);
    return {};
  }

  void look_at(const log::Reader& reader, std::uint64_t index, Contents& contents) {
    const auto bytes = reader.entry(index);
    if (!bytes) {
      not_whole({.kind = FaultKind::entry_unreadable,
                 .entry = index,
                 .offset = format::entry_offset(index),
                 .what = bytes.error().message});
      walk_.unreadable = true;
      return;
    }
    auto fault = format::check_whole(*bytes, index);
    const auto restored =
        fault ? format::restore_entry(*bytes, index, geometry_) : std::optional(*bytes);
    if (!restored) {
      not_whole(std::move(*fault), format::path_as_is(*bytes));
      return;
    }
    if (fault) {
      add(std::move(*fault), ": restored to what its CRC proves",
          difference(*bytes, *restored, format::entry_offset(index)));
    }
    if (walk_.first) {
      walk_.whole_behind = true;
      return;
    }
    walk_.whole = index + 1;
    apply_whole(*restored, index, contents);
  }

  void not_whole(Fault fault, const std::string& path = {}) {
    constexpr std::size_t enough = 1000;
    if (!path.empty() && walk_.names.size() < enough) {
      walk_.names += fmt::format(" \"{}\"", printable(path));
    }
    if (!walk_.first) {
      walk_.first = std::move(fault);
    }
  }

  void apply_whole(const format::EntryBytes& bytes, std::uint64_t index, Contents& contents) {
    const auto entry = format::decode_entry(bytes, index, geometry_);
    if (entry) {
      static_cast<void>(apply(contents, index, *entry)); // fsck says what is refused
      return;
    }
    walk_.past_device |= entry.error().kind == FaultKind::extent_past_device;
    if (format::normalize_entry(bytes, index, geometry_)) {
      walk_.normal.push_back(index);
    }
  }

  // A refused file's space may have been given to another since, its name too: it is made good only
  // where it takes nothing from what is good now.
  void normalize(const log::Reader& reader, Contents& contents) {
    for (const std::uint64_t index : walk_.normal) {
      const auto bytes = reader.entry(index);
      const auto normal = bytes ? format::normalize_entry(*bytes, index, geometry_) : std::nullopt;
      if (!normal) {
        continue;
      }
      const auto entry = format::decode_entry(*normal, index, geometry_);
      if (entry && !apply(contents, index, *entry)) {
        add(format::decode_entry(*bytes, index, geometry_).error(),
            ": becomes what the format can record",
            difference(*bytes, *normal, format::entry_offset(index)));
      }
    }
  }

  const media::Memory& memory_;
  const log::Progress& progress_;
  const media::BadRanges& bad_;
  format::Geometry geometry_;
  std::uint64_t capacity_ = 0;
  bool size_is_new_ = false;
  Walk walk_;
  RepairPlan plan_;
};

} // namespace

Result<RepairPlan> plan_repair(const media::Memory& memory, const log::Progress& progress,
                               const media::BadRanges& bad) {
  return guarded([&] { return Planner(memory, progress, bad).run(); });
}

} // namespace famfs::volume
