// mkfs and kill: what is done to a device that is nobody's file system, or shall not be one any
// more. The caller holds the device alone (holder::ClaimMode::hold_alone).
#pragma once

#include "base/error.h"
#include "base/uuid.h"
#include "log/writer.h"
#include "media/bad_ranges.h"
#include "media/memory.h"

#include <cstdint>
#include <string>

namespace famfs::volume {

struct MakeOptions {
  std::uint64_t log_length = 0; // a power of two ≥ 8 MiB that fits the device
  Uuid system{};                // the owner host
  std::string device_path{};    // recorded in the superblock, cut to 64 bytes
  bool force = false;           // over an existing file system
  media::BadRanges bad{};       // known to be bad: refused under superblock and log (io)
};

// Is there a famfs superblock (its magic; whatever else is wrong with it)?
[[nodiscard]] Result<bool> has_file_system(const media::Memory& memory);

// A power of two, long enough; whether a device has room for it is make()'s to say. usage.
[[nodiscard]] Result<void> check_log_length(std::uint64_t length);

// Checks everything before it changes anything. A crash leaves the old superblock invalid or the
// new file system whole: magic cleared first, log zeroed and headed, superblock last; each fenced.
// exists: a file system without `force`. usage: the log length.
[[nodiscard]] Result<void> make(media::Memory& memory, const MakeOptions& options,
                                const log::Progress& progress = {});

// Makes the superblock invalid (magic 0).
[[nodiscard]] Result<void> kill(media::Memory& memory);

} // namespace famfs::volume
