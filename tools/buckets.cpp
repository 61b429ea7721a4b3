#include "buckets.h"

#include "format/entry.h"
#include "log/reader.h"
#include "volume/superblock_io.h"

#include <algorithm>
#include <variant>

namespace famfs::tools {
namespace {

struct Bucket {
  std::uint64_t begin = 0, end = 0, used = 0;
};

class Silent final : public log::Reporter {
  void fault(const format::Fault& /*fault*/) override {} // the check has named it
};

std::vector<Bucket> make_buckets(const format::Geometry& geometry, std::uint32_t count) {
  const std::uint64_t unit = geometry.alloc_unit;
  const std::uint64_t units = geometry.device_size / unit;
  const auto in_data_area = [&](std::uint64_t offset) {
    return std::clamp(offset, geometry.data_begin(), geometry.data_end());
  };
  std::vector<Bucket> buckets;
  buckets.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    buckets.push_back({.begin = in_data_area(units * i / count * unit),
                       .end = in_data_area(units * (i + 1) / count * unit)});
  }
  return buckets;
}

void use(std::vector<Bucket>& buckets, const format::Extent& extent) {
  const std::uint64_t end = extent.offset + extent.length; // inside the device: decode checked
  for (Bucket& bucket : buckets) {
    const std::uint64_t from = std::max(extent.offset, bucket.begin);
    const std::uint64_t to = std::min(end, bucket.end);
    bucket.used += from < to ? to - from : 0;
  }
}

} // namespace

Result<std::vector<std::uint64_t>> free_per_bucket(const media::Memory& memory,
                                                   std::uint32_t buckets) {
  const auto superblock = volume::valid_superblock(memory, memory.size());
  if (!superblock) {
    return std::unexpected(superblock.error());
  }
  const format::Geometry geometry = format::geometry(*superblock, memory.size());
  std::vector<Bucket> found = make_buckets(geometry, buckets);
  const auto apply = [&](std::uint64_t,
                         const format::Entry& entry) -> std::optional<format::Fault> {
    if (const auto* file = std::get_if<format::FileEntry>(&entry.body)) {
      for (const format::Extent& extent : file->map.extents) {
        use(found, extent);
      }
    }
    return std::nullopt;
  };
  Silent silent;
  if (auto replayed = log::Reader(memory, geometry).replay(0, apply, silent); !replayed) {
    return std::unexpected(replayed.error());
  }
  std::vector<std::uint64_t> free;
  free.reserve(found.size());
  for (const Bucket& bucket : found) {
    const std::uint64_t size = bucket.end - bucket.begin;
    free.push_back(size - std::min(size, bucket.used)); // faulty files may share bytes
  }
  return free;
}

} // namespace famfs::tools
