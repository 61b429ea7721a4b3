#include "volume/check.h"

#include "log/reader.h"
#include "volume/apply.h"
#include "volume/bad_memory.h"
#include "volume/counting_reporter.h"
#include "volume/guarded.h"
#include "volume/superblock_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace famfs::volume {

namespace {

class Checker {
public:
  Checker(const media::Memory& memory, log::Reporter& reporter, const log::Progress& progress,
          const media::BadRanges& bad)
      : memory_(memory), reporter_(reporter), progress_(progress), bad_(bad) {
    report_.bad = bad_places(bad);
  }

  Result<CheckReport> run() {
    auto result = superblock();
    report_.faults = reporter_.count() + static_cast<std::uint64_t>(
                                             std::ranges::count_if(report_.bad, &BadPlace::harms));
    if (!result) {
      return std::unexpected(result.error());
    }
    return report_;
  }

private:
  // Each step goes on to the next only when what that one stands on is good.
  Result<void> superblock() {
    report_.device_bytes = memory_.size();
    if (!metadata_is_good(bad_, 0, NeedLog::no)) {
      return {};
    }
    const auto bytes = load_superblock(memory_);
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    const auto superblock = format::decode_superblock(*bytes);
    const auto fault = format::validate(superblock, *bytes, memory_.size());
    report_.famfs = superblock.magic == format::kSuperblockMagic;
    if (fault) {
      reporter_.fault(*fault);
      return {};
    }
    if (const auto flags = format::flags_fault(superblock)) {
      reporter_.fault(*flags);
    }
    return header(format::geometry(superblock, memory_.size()));
  }

  Result<void> header(const format::Geometry& geometry) {
    report_.log_length = geometry.log_length;
    report_.alloc_unit = geometry.alloc_unit;
    report_.capacity = format::log_capacity(geometry.log_length);
    const log::Reader reader(memory_, geometry);
    const auto header = reader.header(reporter_);
    if (!header) {
      return unless_corrupt(header.error());
    }
    report_.usable = true;
    if (const auto fault = format::counters_fault(*header)) {
      reporter_.fault(*fault);
    }
    return entries(reader, geometry);
  }

  Result<void> entries(const log::Reader& reader, const format::Geometry& geometry) {
    auto allocator = alloc::Allocator::make(geometry);
    if (!allocator) {
      return std::unexpected(allocator.error());
    }
    Contents contents{.tree = tree::Tree(0, 0, 0755), .allocator = std::move(*allocator)};
    const auto result = replay(reader, contents);
    report_.files = contents.tree.files();
    report_.directories = contents.tree.directories();
    report_.free_bytes = contents.allocator.free_bytes();
    report_.allocated_bytes = contents.allocator.total_bytes() - report_.free_bytes;
    report_.bad =
        bad_places(bad_, geometry, contents.tree,
                   [&](tree::NodeId id, const tree::NodeInfo&) { return contents.tree.map(id); });
    return result;
  }

  Result<void> replay(const log::Reader& reader, Contents& contents) {
    const log::Apply apply_entry = [&](std::uint64_t index, const format::Entry& entry) {
      auto fault = apply(contents, index, entry);
      if (!fault) {
        count(entry);
      }
      return fault;
    };
    log::Replayed replayed;
    do {
      auto piece =
          reader.replay(replayed.position, apply_entry, reporter_, 1, log::kEntriesPerCall);
      if (!piece) {
        return unless_corrupt(piece.error());
      }
      replayed = *piece;
      report_.entries = replayed.committed;
      if (progress_ && !progress_(replayed.position, replayed.committed)) {
        return fail(Errc::interrupted, fmt::format("check: interrupted after {} of {} entries",
                                                   replayed.position, replayed.committed));
      }
    } while (!replayed.stopped && replayed.position < replayed.committed);
    report_.unread = replayed.committed - replayed.position;
    return {};
  }

  void count(const format::Entry& entry) {
    if (const auto* file = std::get_if<format::FileEntry>(&entry.body)) {
      report_.file_bytes += file->size;
      report_.extents += file->map.extents.size();
      report_.interleaved_files += file->map.kind == format::MapKind::interleaved ? 1 : 0;
    }
  }

  // What the reporter was told is a finding; anything else kept the check from running.
  static Result<void> unless_corrupt(const Error& error) {
    if (error.code == Errc::corrupt) {
      return {};
    }
    return std::unexpected(error);
  }

  const media::Memory& memory_;
  CountingReporter reporter_;
  const log::Progress& progress_;
  const media::BadRanges& bad_;
  CheckReport report_;
};

} // namespace

Result<CheckReport> check(const media::Memory& memory, log::Reporter& reporter,
                          const log::Progress& progress, const media::BadRanges& bad) {
  return guarded([&] { return Checker(memory, reporter, progress, bad).run(); });
}

} // namespace famfs::volume
