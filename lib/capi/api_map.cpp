// famfs_map: a file's map as a counted, opaque value.
#include "capi/famfs.h"
#include "capi/map_source.h"
#include "capi/placement.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

using famfs::capi::DirectFile;

struct famfs_map {
  std::atomic<unsigned> references{1};
  DirectFile file;
};

namespace {

bool known(const famfs_extent* extent) noexcept {
  return extent != nullptr && extent->struct_size == sizeof *extent;
}

} // namespace

int famfs_map_new(int fd, famfs_map** map) {
  const int before = errno;
  // malloc: the C++ library is not needed otherwise, and not everybody's program has it.
  void* const memory = std::malloc(sizeof(famfs_map)); // NOLINT(cppcoreguidelines-no-malloc)
  if (memory == nullptr) {
    return -ENOMEM;
  }
  auto* const made = new (memory) famfs_map;
  const int error = famfs::capi::kDaemon.query(fd, FAMFS_MAP_LOOK, made->file);
  errno = before;
  if (error != 0) {
    famfs_map_unref(made);
    return error;
  }
  *map = made;
  return 0;
}

famfs_map* famfs_map_ref(famfs_map* map) {
  map->references.fetch_add(1, std::memory_order_relaxed);
  return map;
}

void famfs_map_unref(famfs_map* map) {
  if (map != nullptr && map->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    map->~famfs_map();
    std::free(map); // NOLINT(cppcoreguidelines-no-malloc)
  }
}

uint64_t famfs_map_size(const famfs_map* map) {
  return map->file.size;
}
int famfs_map_is_pending(const famfs_map* map) {
  return map->file.pending ? 1 : 0;
}
int famfs_map_is_interleaved(const famfs_map* map) {
  return map->file.map.kind == famfs::format::MapKind::interleaved ? 1 : 0;
}
uint64_t famfs_map_chunk(const famfs_map* map) {
  return map->file.map.chunk;
}
const char* famfs_map_device(const famfs_map* map) {
  return &map->file.device.path[0];
}
uint64_t famfs_map_device_size(const famfs_map* map) {
  return map->file.device.size;
}
size_t famfs_map_extent_count(const famfs_map* map) {
  return map->file.map.extents.size();
}

int famfs_map_extent(const famfs_map* map, size_t i, famfs_extent* extent) {
  const auto& extents = map->file.map.extents;
  if (i >= extents.size() || !known(extent)) {
    return -EINVAL;
  }
  uint64_t file_offset = 0;
  for (size_t before = 0; before < i && famfs_map_is_interleaved(map) == 0; ++before) {
    file_offset += extents[before].length;
  }
  *extent = {.struct_size = sizeof *extent,
             .file_offset = file_offset,
             .device_offset = extents[i].offset,
             .length = extents[i].length,
             .device_index = static_cast<uint32_t>(extents[i].device),
             .reserved = 0};
  return 0;
}

int famfs_map_resolve(const famfs_map* map, uint64_t offset, famfs_extent* extent) {
  if (offset >= map->file.size || !known(extent)) {
    return -EINVAL;
  }
  famfs::capi::for_each_piece(map->file, offset, map->file.size - offset,
                              [&](const famfs::capi::Piece& piece) {
                                *extent = {.struct_size = sizeof *extent,
                                           .file_offset = offset,
                                           .device_offset = piece.device_offset,
                                           .length = piece.length,
                                           .device_index = 0,
                                           .reserved = 0};
                                return false;
                              });
  return 0;
}
