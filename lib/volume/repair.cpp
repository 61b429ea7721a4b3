#include "volume/repair.h"

namespace famfs::volume {

Result<void> repair(media::Memory& memory, const RepairPlan& plan) {
  for (const Mend& mend : plan.mends) {
    for (const WordStore& word : mend.stores) {
      if (auto stored = memory.store_u64(word.offset, word.value); !stored) {
        return stored;
      }
      if (auto written = memory.write_back(word.offset, sizeof word.value); !written) {
        return written;
      }
      memory.fence();
    }
  }
  return {};
}

} // namespace famfs::volume
