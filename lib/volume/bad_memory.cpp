#include "volume/bad_memory.h"

#include "format/layout.h"

#include <fmt/format.h>

#include <mutex>
#include <vector>

namespace famfs::volume {

void BadMemory::add(const media::BadRange& range, std::uint64_t device_size) {
  const std::unique_lock lock(mutex_);
  std::vector<media::BadRange> all = ranges_;
  all.push_back(range);
  ranges_ = media::tidy(std::move(all), device_size);
  any_.store(!ranges_.empty());
}

media::BadRanges BadMemory::ranges() const {
  const std::shared_lock lock(mutex_);
  return ranges_;
}

Result<void> BadMemory::avoid(std::uint64_t offset, std::uint64_t length) const {
  if (!any_.load()) {
    return {};
  }
  const std::shared_lock lock(mutex_);
  if (const auto* bad = media::find(ranges_, offset, length)) {
    return fail(Errc::io, fmt::format("{} bytes at offset {} of the device: bad memory: restore "
                                      "the file from a copy",
                                      bad->length, bad->offset));
  }
  return {};
}

Result<void> BadMemory::avoid(const format::FileMap& map, std::uint64_t offset,
                              std::uint64_t length) const {
  if (!any_.load()) {
    return {};
  }
  Result<void> result;
  format::for_each_segment(map, offset, length, [&](const format::Segment& segment) {
    result = avoid(segment.offset, segment.length);
    return result.has_value();
  });
  return result;
}

Result<void> metadata_is_good(const media::BadRanges& bad, std::uint64_t log_length,
                              NeedLog need_log) {
  if (const auto* range = media::find(bad, 0, format::kSuperblockSize)) {
    return fail(Errc::io,
                fmt::format("superblock: {} bytes at offset {} of the device are bad memory: use "
                            "another device, or repair this one (ndctl clear-errors)",
                            range->length, range->offset));
  }
  const auto* range = media::find(bad, format::kLogOffset, log_length);
  if (range != nullptr && need_log == NeedLog::yes) {
    return fail(Errc::io, fmt::format("log: {} bytes at offset {} of the device are bad memory: "
                                      "nothing can be recorded: mount with -o ro to save files, "
                                      "use another device, or repair this one (ndctl clear-errors)",
                                      range->length, range->offset));
  }
  return {};
}

} // namespace famfs::volume
