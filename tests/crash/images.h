// Which of the images that a crash could leave are looked at.
#pragma once

#include "crash_memory.h"

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace famfs::crash {

struct Effort {
  std::uint64_t exhaustive = 1024; // up to so many combinations: each of them
  std::uint64_t samples = 48;      // beyond: so many at random, of lines and of atoms each
};

// One value for each open atom, in their order.
using Choice = std::vector<std::uint64_t>;

// Every choice of atoms where that is in reach; else every choice of whole lines (as first, or as
// last stored) where that is; and, wherever atoms were not exhausted, random ones, and those where
// one atom alone arrived or alone is missing. False: `see` returned false, and that ended it.
bool for_each_image(const std::vector<Open>& open, const Effort& effort, std::minstd_rand& random,
                    const std::function<bool(const Choice&)>& see);

} // namespace famfs::crash
