// The on-media structures as a mutator knows them: where their fields lie and what their CRCs
// cover. By numbers of its own, from docs/format.md, as lib/format keeps its own to itself.
#pragma once

#include "base/bytes.h"

#include <random>

namespace famfs::fuzz {

enum class Structure : std::uint8_t { superblock, header, entry };

[[nodiscard]] std::size_t size_of(Structure structure) noexcept;

// Makes its CRC right.
void seal(Structure structure, MutableBytes bytes);

using Random = std::minstd_rand;

// Changes a field of it to something of interest, or (in a fuzzer) a few bytes as libFuzzer likes.
// `device_size`: what offsets and lengths are near to.
void mutate(Structure structure, MutableBytes bytes, std::uint64_t device_size, Random& random);

} // namespace famfs::fuzz
