// The rules an entry must keep, whether it was read or is to be written.
#include "format/entry.h"

#include "base/text.h"

#include <cassert>
#include <string>
#include <utility>

namespace famfs::format {
namespace {

// More than any host can hold; an index past it is a damaged field, not a device.
constexpr std::uint32_t kMaxDeviceIndex = 255;

struct Limits {
  std::uint64_t unit_mask;
  std::uint64_t data_begin;
  std::uint64_t data_end;
  std::uint64_t devices;
};

class Checker {
public:
  Checker(std::uint64_t index, const Geometry& geometry, std::uint64_t devices)
      : index_(index), limits_{.unit_mask = geometry.alloc_unit - 1,
                               .data_begin = geometry.data_begin(),
                               .data_end = geometry.data_end(),
                               .devices = devices} {
    assert(is_power_of_two(geometry.alloc_unit));
  }

  std::optional<Fault> operator()(const FileEntry& file) const {
    if (auto found = check_name(file.path, file.mode)) {
      return found;
    }
    if (file.flags != kFileAllHostsRead && file.flags != kFileAllHostsWrite) {
      return fault(FaultKind::file_flags, fmt::format("flags are {:#x}, not 1 or 2", file.flags));
    }
    if (auto found = check_strips(file.map)) {
      return found;
    }
    if (auto found = check_extents(file.map.extents)) {
      return found;
    }
    if (auto found = check_strip_lengths(file.map)) {
      return found;
    }
    return check_size(file);
  }

  std::optional<Fault> operator()(const MkdirEntry& directory) const {
    return check_name(directory.path, directory.mode);
  }

  std::optional<Fault> operator()(const AddDeviceEntry& device) const {
    if (device.index == 0 || device.index > kMaxDeviceIndex) {
      return fault(FaultKind::device_index,
                   fmt::format("device index is {}, not 1 to {}", device.index, kMaxDeviceIndex));
    }
    if (device.size == 0) {
      return fault(FaultKind::device_index, fmt::format("device {} has size 0", device.index));
    }
    return std::nullopt;
  }

  std::optional<Fault> operator()(const OtherEntry& other) const {
    return fault(FaultKind::entry_type,
                 fmt::format("type is {}, not 0 (file), 1 (mkdir) or 3 (device)", other.type));
  }

private:
  [[nodiscard]] Fault fault(FaultKind kind, std::string what) const {
    return {.kind = kind, .entry = index_, .offset = entry_offset(index_), .what = std::move(what)};
  }

  [[nodiscard]] std::optional<Fault> check_name(const RelPath& path, std::uint32_t mode) const {
    if (const auto kind = path_fault(path.view())) {
      return fault(*kind, fmt::format("path \"{}\": {}", printable(path.view()), meaning(*kind)));
    }
    if ((mode & ~kModeBits) != 0) {
      return fault(FaultKind::mode_bits,
                   fmt::format("mode is {:#o}, not within {:#o}", mode, kModeBits));
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Fault> check_strips(const FileMap& map) const {
    if (map.kind != MapKind::interleaved) {
      return std::nullopt;
    }
    if (map.extents.empty()) {
      return fault(FaultKind::strip_count,
                   fmt::format("number of strips is 0, not 1 to {}", kMaxExtents));
    }
    // A power of two of at least 2 MiB is a multiple of it, and of every allocation unit.
    if (!is_power_of_two(map.chunk) || map.chunk < kAllocUnit) {
      return fault(FaultKind::strip_chunk,
                   fmt::format("chunk size is {}, not a power of two of at least {}", map.chunk,
                               kAllocUnit));
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Fault> check_extents(const Extents& extents) const {
    for (std::size_t i = 0; i < extents.size(); ++i) {
      if (auto found = check_extent(i, extents[i])) {
        return found;
      }
      // The ranges are sound by now, so these sums cannot wrap.
      for (std::size_t j = 0; j < i; ++j) {
        if (overlap(extents[i], extents[j])) {
          return fault(FaultKind::extent_overlap,
                       fmt::format("extents {} and {} of one file overlap: "
                                   "{:#x}+{:#x} and {:#x}+{:#x}",
                                   j, i, extents[j].offset, extents[j].length, extents[i].offset,
                                   extents[i].length));
        }
      }
    }
    return std::nullopt;
  }

  static bool overlap(const Extent& a, const Extent& b) noexcept {
    return a.device == b.device && a.offset < b.offset + b.length && b.offset < a.offset + a.length;
  }

  // One geometry for every device: stricter than a second device would need, until there is one.
  [[nodiscard]] std::optional<Fault> check_extent(std::size_t i, const Extent& extent) const {
    if (extent.device >= limits_.devices) {
      return fault(FaultKind::extent_device,
                   fmt::format("extent {} is on device {}, but there are {}", i, extent.device,
                               limits_.devices));
    }
    if (extent.length == 0) {
      return fault(FaultKind::extent_empty,
                   fmt::format("extent {} at {:#x} has length 0", i, extent.offset));
    }
    if (((extent.offset | extent.length) & limits_.unit_mask) != 0) {
      return fault(FaultKind::extent_unaligned,
                   fmt::format("extent {} is {:#x}+{:#x}, not multiples of {:#x}", i, extent.offset,
                               extent.length, limits_.unit_mask + 1));
    }
    if (extent.offset < limits_.data_begin) {
      return fault(FaultKind::extent_in_metadata,
                   fmt::format("extent {} offset {:#x} is before the data, which begins at {:#x}",
                               i, extent.offset, limits_.data_begin));
    }
    if (extent.offset > limits_.data_end || extent.length > limits_.data_end - extent.offset) {
      return fault(FaultKind::extent_past_device,
                   fmt::format("extent {} {:#x}+{:#x} is past the device's end {:#x}", i,
                               extent.offset, extent.length, limits_.data_end));
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Fault> check_strip_lengths(const FileMap& map) const {
    if (map.kind != MapKind::interleaved) {
      return std::nullopt;
    }
    const std::uint64_t length = map.extents[0].length;
    for (const Extent& strip : map.extents) {
      if (strip.length != length || (strip.length & (map.chunk - 1)) != 0) {
        return fault(
            FaultKind::strip_length,
            fmt::format("strip length is {:#x}, not {:#x} as the first, or not whole chunks of "
                        "{:#x}",
                        strip.length, length, map.chunk));
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Fault> check_size(const FileEntry& file) const {
    if (file.size == 0 && !file.map.extents.empty()) {
      return fault(
          FaultKind::file_size_zero,
          fmt::format("size is 0 with {} extents, not with none", file.map.extents.size()));
    }
    if (file.size != 0 && file.map.extents.empty()) {
      return fault(FaultKind::extent_count, fmt::format("size is {} with no extents", file.size));
    }
    if (const std::uint64_t capacity = file.map.capacity(); file.size > capacity) {
      return fault(FaultKind::file_size_beyond_extents,
                   fmt::format("size is {}, but the extents hold {}", file.size, capacity));
    }
    return std::nullopt;
  }

  std::uint64_t index_;
  Limits limits_;
};

constexpr bool is_bad_component(std::string_view name) noexcept {
  return name.empty() || name == "." || name == ".." || name.contains('\0');
}

} // namespace

std::optional<Fault> validate(const Entry& entry, const Geometry& geometry, std::uint64_t devices) {
  return std::visit(Checker(entry.seqnum, geometry, devices), entry.body);
}

std::optional<FaultKind> path_fault(std::string_view path) noexcept {
  if (path.empty()) {
    return FaultKind::path_empty;
  }
  if (path.size() > kMaxPath) {
    return FaultKind::path_not_terminated;
  }
  if (path.front() == '/') {
    return FaultKind::path_absolute;
  }
  if (path == ".meta" || path.starts_with(".meta/")) {
    return FaultKind::path_reserved;
  }
  while (true) {
    const std::size_t slash = path.find('/');
    if (is_bad_component(path.substr(0, slash))) {
      return FaultKind::path_component;
    }
    if (slash == std::string_view::npos) {
      return std::nullopt;
    }
    path.remove_prefix(slash + 1);
  }
}

} // namespace famfs::format
