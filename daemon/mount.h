// A mount that presents the files of a volume: what every operation in ops/ works with.
#pragma once

#include "announcements.h"
#include "drafts.h"
#include "last_close.h"
#include "mount_base.h"
#include "private_directories.h"
#include "volume/volume.h"

#include <atomic>
#include <cstdint>

namespace famfs::daemon {

struct Mount final : MountBase {
  Mount(const Ground& ground, volume::Volume& presented_volume, PrivateDirectories& private_ones,
        const std::atomic<std::uint64_t>& entry_faults, std::function<void(tree::NodeId)> commit)
      : MountBase(ground), volume(presented_volume), log_faults(entry_faults),
        private_directories(private_ones), drafts(std::move(commit)) {}

  [[nodiscard]] JsonText presented() const override; // status.cpp

  volume::Volume& volume;
  const std::atomic<std::uint64_t>& log_faults; // met by replay
  PrivateDirectories& private_directories;
  Drafts drafts;
  Announcements announcements;
  LastClose last_close;
  std::atomic<bool> told_unseen = false; // Writers::unseen, once
};

} // namespace famfs::daemon
