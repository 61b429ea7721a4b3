#include "volume/make.h"

#include "base/units.h"
#include "format/superblock.h"
#include "volume/bad_memory.h"
#include "volume/guarded.h"
#include "volume/superblock_io.h"

#include <fmt/format.h>

namespace famfs::volume {

namespace {

// The magic is the superblock's first word: with it, the file system is there or is not.
Result<void> store_magic(media::Memory& memory, std::uint64_t magic) {
  if (auto stored = memory.store_u64(0, magic); !stored) {
    return stored;
  }
  if (auto written = memory.write_back(0, sizeof magic); !written) {
    return written;
  }
  memory.fence();
  return {};
}

Result<void> usable_log_length(const media::Memory& memory, std::uint64_t length) {
  if (auto good = check_log_length(length); !good) {
    return good;
  }
  // One allocation unit at least for files; ordered so that nothing wraps.
  const std::uint64_t other = format::kLogOffset + format::kAllocUnit;
  if (memory.size() < other || length > memory.size() - other) {
    return fail(
        Errc::usage,
        fmt::format("log length {}: no room on a device of {}: with superblock and one file "
                    "it needs {} more: give a shorter log or a larger device",
                    length, memory.size(), other));
  }
  return {};
}

Result<void> nobodys(const media::Memory& memory) {
  const auto there = has_file_system(memory);
  if (!there) {
    return std::unexpected(there.error());
  }
  if (*there) {
    return fail(Errc::exists, "device: it holds a famfs file system: use --force to make a new one "
                              "over it");
  }
  return {};
}

format::SuperblockBytes new_superblock(const media::Memory& memory, const MakeOptions& options) {
  return format::encode(format::Superblock{.log_length = options.log_length,
                                           .file_system = Uuid::random(),
                                           .device = Uuid::random(),
                                           .system = options.system,
                                           .device_size = memory.size(),
                                           .device_entry = {},
                                           .device_path = options.device_path.substr(0, 64)});
}

// All but the magic, then the magic: the lines of a superblock reach the memory in any order.
Result<void> store_superblock(media::Memory& memory, const format::SuperblockBytes& bytes) {
  const Bytes rest = Bytes(bytes).subspan(sizeof(std::uint64_t));
  if (auto stored = memory.store(sizeof(std::uint64_t), rest); !stored) {
    return stored;
  }
  if (auto written = memory.write_back(0, bytes.size()); !written) {
    return written;
  }
  memory.fence();
  return store_magic(memory, format::kSuperblockMagic);
}

Result<void> make_checked(media::Memory& memory, const MakeOptions& options,
                          const log::Progress& progress) {
  if (auto usable = usable_log_length(memory, options.log_length); !usable) {
    return usable;
  }
  if (auto good = metadata_is_good(options.bad, options.log_length, NeedLog::yes); !good) {
    return good;
  }
  if (!options.force) {
    if (auto free = nobodys(memory); !free) {
      return free;
    }
  }
  const auto superblock = new_superblock(memory, options);
  if (auto gone = store_magic(memory, 0); !gone) {
    return gone;
  }
  if (auto made = log::make_log(memory, options.log_length, progress); !made) {
    return made;
  }
  return store_superblock(memory, superblock);
}

} // namespace

Result<void> check_log_length(std::uint64_t length) {
  if (is_power_of_two(length) && length >= format::kMinLogLength) {
    return {};
  }
  return fail(Errc::usage, fmt::format("log length {}: not a power of two of at least {}: give 8M, "
                                       "16M, 32M …",
                                       length, format::kMinLogLength));
}

Result<bool> has_file_system(const media::Memory& memory) {
  const auto bytes = load_superblock(memory);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  return format::decode_superblock(*bytes).magic == format::kSuperblockMagic;
}

Result<void> make(media::Memory& memory, const MakeOptions& options,
                  const log::Progress& progress) {
  return guarded([&] { return make_checked(memory, options, progress); });
}

Result<void> kill(media::Memory& memory) {
  return store_magic(memory, 0);
}

} // namespace famfs::volume
