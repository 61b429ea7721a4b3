// The part of fsck that mends: what lib/volume/repair.h plans is done, on the master alone, and
// what is left is named.
#pragma once

#include "base/document.h"
#include "base/error.h"
#include "context.h"
#include "open_device.h"
#include "volume/repair.h"
#include "volume/salvage.h"

#include <cstdint>
#include <string>
#include <vector>

namespace famfs::tools {

struct Repaired {
  std::vector<volume::Mend> mends;
  bool done = false; // else they would be
  // Where faults are left: the entries that give nothing, and what salvage would find.
  std::vector<volume::Lost> lost;
  std::uint64_t files = 0, file_bytes = 0; // 0: nothing can be saved
};

// dry_run: plans only. read_only: this host is not the master, so that its is another's to repair.
[[nodiscard]] Result<Repaired> mend(const Context& context, OpenedDevice& device, bool dry_run,
                                    const log::Progress& go_on);
// Fills in what is lost.
void look_for_lost(const OpenedDevice& device, Repaired& repaired);

void print_mends(Context& context, const Repaired& repaired);
void print_lost(Context& context, const Repaired& repaired, const std::string& device);
[[nodiscard]] Document to_document(const Repaired& repaired);
[[nodiscard]] Document to_document(const format::Fault& fault);
[[nodiscard]] Document to_document(const std::vector<volume::Lost>& lost);
[[nodiscard]] std::string text_of(const volume::Lost& lost); // "log entry 17, \"a/b\": why"

} // namespace famfs::tools
