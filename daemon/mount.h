// One mount: what every operation works with. Lives as long as the FUSE session; the parts guard
// themselves. No lock of ours is held while a reply is sent.
#pragma once

#include "access_path.h"
#include "announcements.h"
#include "drafts.h"
#include "failures.h"
#include "holder/registry.h"
#include "init_exchange.h"
#include "last_close.h"
#include "media/device.h"
#include "memory_watch.h"
#include "open_files.h"
#include "options.h"
#include "private_directories.h"
#include "volume/volume.h"

#include <functional>

namespace famfs::daemon {

struct Mount {
  const CommandLine& line;
  const media::DeviceInfo& device;
  volume::Volume& volume;
  holder::Registry& registry;
  Failures& failures;
  MemoryWatch& watch;
  AccessPath& access;
  InitExchange& init;
  Drafts& drafts;
  PrivateDirectories& private_directories;
  std::function<void()> ready; // the kernel's INIT has come: the mount can be used

  OpenFiles open_files;
  Announcements announcements;
  LastClose last_close;
  bool read_only = false;
};

} // namespace famfs::daemon
