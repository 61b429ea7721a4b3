// fsck --repair: what of a damaged file system has one right answer, and the stores that give it.
//
// The rule: a structure is put right where its own CRC, or two of the log's three witnesses
// (next_index, next_seqnum, the entries themselves), prove what it was; docs/format.md, "What can
// be repaired", has it case by case. Nothing that a mount shows is taken away, and no entry is made
// up.
#pragma once

#include "base/error.h"
#include "base/uuid.h"
#include "format/fault.h"
#include "format/superblock.h"
#include "log/writer.h"
#include "media/bad_ranges.h"
#include "media/memory.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace famfs::volume {

// One aligned word: a crash leaves the old value or the new one.
struct WordStore {
  std::uint64_t offset = 0; // on the device
  std::uint64_t value = 0;
  bool operator==(const WordStore&) const = default;
};

// Its stores are in the order in which each must be durable before the next: whichever of them a
// crash lets through, the next plan ends where this one does.
struct Mend {
  format::Fault fault; // what is wrong, and in its text what it becomes
  std::vector<WordStore> stores;
};

struct RepairPlan {
  std::vector<Mend> mends; // in order; empty: nothing, or nothing that is certain
  // As after the mends; nullopt: it cannot be told.
  std::optional<format::Superblock> superblock;
  std::optional<std::uint64_t> committed; // entries
};

// Reads, changes nothing. `progress` (entries) as check()'s. Nothing is planned for a superblock or
// log with memory that is known to be bad.
[[nodiscard]] Result<RepairPlan> plan_repair(const media::Memory& memory,
                                             const log::Progress& progress = {},
                                             const media::BadRanges& bad = {});

// Does what was planned; the memory is what it was then (the claim is the caller's to hold). When
// it fails, what was done stays, and a new plan goes on from there.
[[nodiscard]] Result<void> repair(media::Memory& memory, const RepairPlan& plan);

} // namespace famfs::volume
