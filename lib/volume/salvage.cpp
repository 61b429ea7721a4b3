#include "volume/salvage.h"

#include "base/text.h"
#include "format/mend.h"
#include "log/reader.h"
#include "volume/guarded.h"
#include "volume/repair.h"
#include "volume/superblock_io.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace famfs::volume {

namespace {

constexpr std::uint64_t kPage = 4096; // memory goes bad by pages

struct Ground {
  format::Geometry geometry;
  std::uint64_t entries = 0; // to look at
};

std::uint64_t length_by_header(const media::Memory& memory, const media::BadRanges& bad) {
  if (media::find(bad, format::kLogOffset, format::kLogHeaderSize) != nullptr) {
    return 0;
  }
  const auto bytes = load_log_header(memory);
  const std::uint64_t length = bytes ? format::own_length(*bytes) : 0;
  return memory.size() >= format::kLogOffset && length <= memory.size() - format::kLogOffset
             ? length
             : 0;
}

std::string why_no_superblock(const media::Memory& memory, const media::BadRanges& bad) {
  if (media::find(bad, 0, format::kSuperblockSize) != nullptr) {
    return "it is in bad memory";
  }
  const auto superblock = valid_superblock(memory, memory.size());
  return superblock ? "it can" : superblock.error().message;
}

class Surveyor {
public:
  Surveyor(const media::Memory& memory, const log::Progress& progress, const media::BadRanges& bad)
      : memory_(memory), progress_(progress), bad_(bad) {}

  Result<Survey> run() {
    auto ground = find_ground();
    if (!ground) {
      return std::unexpected(ground.error());
    }
    auto allocator = alloc::Allocator::make(ground->geometry);
    if (!allocator) {
      return std::unexpected(allocator.error());
    }
    // A tree cannot be moved. NOLINTNEXTLINE(modernize-make-unique)
    survey_.contents.reset(
        new Contents{.tree = tree::Tree(0, 0, 0755), .allocator = std::move(*allocator)});
    const log::Reader reader(memory_, ground->geometry);
    for (std::uint64_t i = 0; i < ground->entries; ++i) {
      look_at(reader, *ground, i);
      if ((i + 1 == ground->entries || i % log::kEntriesPerCall == 0) && progress_ &&
          !progress_(i + 1, ground->entries)) {
        return fail(Errc::interrupted,
                    fmt::format("interrupted after {} of {} entries", i + 1, ground->entries));
      }
    }
    return std::move(survey_);
  }

private:
  // What a repair would make of superblock and header is the best there is to go by.
  Result<Ground> find_ground() {
    const auto plan = plan_repair(memory_, progress_, bad_);
    if (!plan && plan.error().code == Errc::interrupted) {
      return std::unexpected(plan.error());
    }
    Ground ground;
    if (plan && plan->superblock) {
      survey_.superblock_used = true;
      ground.geometry = format::geometry(*plan->superblock, memory_.size());
    } else if (const std::uint64_t length = length_by_header(memory_, bad_); length != 0) {
      // The smaller unit allows all that the larger one does.
      ground.geometry = {.device_size = memory_.size(),
                         .log_length = length,
                         .alloc_unit = format::kSmallAllocUnit};
    } else {
      return fail(Errc::corrupt,
                  fmt::format("neither superblock ({}) nor log header can be believed, so that "
                              "nothing tells where the log ends",
                              why_no_superblock(memory_, bad_)));
    }
    ground.entries = format::log_capacity(ground.geometry.log_length);
    if (const auto committed = committed_by_header(ground)) {
      survey_.header_used = true;
      ground.entries = *committed;
    }
    return ground;
  }

  [[nodiscard]] std::optional<std::uint64_t> committed_by_header(const Ground& ground) const {
    if (media::find(bad_, format::kLogOffset, format::kLogHeaderSize) != nullptr) {
      return std::nullopt;
    }
    const auto bytes = load_log_header(memory_);
    if (!bytes) {
      return std::nullopt;
    }
    const auto header = format::decode_log_header(*bytes);
    const bool agree = header.next_index == header.next_seqnum;
    const bool good = !format::validate(header, *bytes, ground.geometry);
    return header.next_index <= ground.entries && (good || agree) ? std::optional(header.next_index)
                                                                  : std::nullopt;
  }

  void lose(std::uint64_t index, std::string path, std::string why) {
    survey_.lost.push_back({.entry = index, .path = std::move(path), .why = std::move(why)});
  }

  void look_at(const log::Reader& reader, const Ground& ground, std::uint64_t index) {
    const std::uint64_t offset = format::entry_offset(index);
    if (media::find(bad_, offset, format::kEntrySize) != nullptr) {
      lose(index, {}, "its entry is in bad memory");
      return;
    }
    auto bytes = reader.entry(index);
    if (!bytes) {
      lose(index, {}, bytes.error().message);
      return;
    }
    if (const auto fault = format::check_whole(*bytes, index)) {
      const auto restored = format::restore_entry(*bytes, index, ground.geometry);
      if (!restored) {
        // Slots that nobody used are no loss, where the header does not say how many were.
        if (survey_.header_used) {
          lose(index, format::path_as_is(*bytes), format::describe(*fault));
        }
        return;
      }
      bytes = *restored;
    }
    if (const auto normal = format::normalize_entry(*bytes, index, ground.geometry)) {
      bytes = *normal;
    }
    take(*bytes, index, ground);
  }

  void take(const format::EntryBytes& bytes, std::uint64_t index, const Ground& ground) {
    const auto entry = format::decode_entry(bytes, index, ground.geometry);
    if (!entry) {
      lose(index, format::path_as_is(bytes), format::describe(entry.error()));
      return;
    }
    if (const auto* file = std::get_if<format::FileEntry>(&entry->body)) {
      make_parents(survey_.contents->tree, file->path.view());
    } else if (const auto* directory = std::get_if<format::MkdirEntry>(&entry->body)) {
      make_parents(survey_.contents->tree, directory->path.view());
    }
    if (const auto fault = apply(*survey_.contents, index, *entry)) {
      lose(index, format::path_as_is(bytes), format::describe(*fault));
      return;
    }
    if (const auto* file = std::get_if<format::FileEntry>(&entry->body)) {
      survey_.file_bytes += file->size;
    }
  }

  // Their entries are lost, what was in them need not be.
  static void make_parents(tree::Tree& tree, std::string_view path) {
    tree::NodeId at = tree::kRoot;
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/')) {
      const std::string_view name = path.substr(0, slash);
      auto next = tree.find(at, name);
      if (!next) {
        const auto made =
            tree.insert(at, name, {.kind = tree::Kind::directory, .mode = 0700, .entry = kNoEntry});
        if (!made) {
          return; // below a file: apply() says so
        }
        next = *made;
      }
      at = *next;
      path.remove_prefix(slash + 1);
    }
  }

  const media::Memory& memory_;
  const log::Progress& progress_;
  const media::BadRanges& bad_;
  Survey survey_;
};

// [offset, offset + to.size()) of the device; false: it cannot be read.
Result<bool> readable(const media::Memory& memory, const media::BadRanges& bad,
                      std::uint64_t offset, MutableBytes to) {
  if (media::find(bad, offset, to.size()) != nullptr) {
    return false;
  }
  auto loaded = memory.invalidate(offset, to.size());
  memory.fence();
  if (loaded) {
    loaded = memory.load(offset, to);
  }
  if (!loaded && loaded.error().code != Errc::io) {
    return std::unexpected(loaded.error());
  }
  return loaded.has_value();
}

Result<void> read_segment(const media::Memory& memory, const media::BadRanges& bad,
                          const format::Segment& segment, MutableBytes to, const BadBytes& told) {
  const auto all = readable(memory, bad, segment.offset, to);
  if (!all || *all) {
    return all ? Result<void>() : std::unexpected(all.error());
  }
  for (std::uint64_t done = 0; done < to.size();) {
    const std::uint64_t at = segment.offset + done;
    const std::uint64_t length = std::min<std::uint64_t>(kPage - at % kPage, to.size() - done);
    const MutableBytes page = to.subspan(done, length);
    const auto good = readable(memory, bad, at, page);
    if (!good) {
      return std::unexpected(good.error());
    }
    if (!*good) {
      std::ranges::fill(page, std::byte{0});
      told(segment.file_offset + done, length);
    }
    done += length;
  }
  return {};
}

} // namespace

Result<Survey> survey(const media::Memory& memory, const log::Progress& progress,
                      const media::BadRanges& bad) {
  return guarded([&] { return Surveyor(memory, progress, bad).run(); });
}

Result<void> read_around(const media::Memory& memory, const media::BadRanges& bad,
                         const format::FileMap& map, std::uint64_t offset, MutableBytes to,
                         const BadBytes& told) {
  return guarded([&] {
    Result<void> result;
    format::for_each_segment(map, offset, to.size(), [&](const format::Segment& segment) {
      result = read_segment(memory, bad, segment,
                            to.subspan(segment.file_offset - offset, segment.length), told);
      return result.has_value();
    });
    return result;
  });
}

} // namespace famfs::volume
