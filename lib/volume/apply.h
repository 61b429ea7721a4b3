// What replay builds, and the one place where a log entry of each kind takes effect.
#pragma once

#include "alloc/allocator.h"
#include "format/entry.h"
#include "tree/tree.h"

#include <cstdint>
#include <optional>

namespace famfs::volume {

// The namespace, and which space is taken. Not thread-safe.
struct Contents {
  tree::Tree tree;
  alloc::Allocator allocator;
};

// Applies a whole entry that decode_entry() let pass, or says why not: it is then refused as a
// whole, except that the space of a file whose path is wrong stays taken: the file may be mended
// one day, and other programs may see it. Throws std::bad_alloc with nothing changed.
[[nodiscard]] std::optional<format::Fault> apply(Contents& contents, std::uint64_t index,
                                                 const format::Entry& entry);

} // namespace famfs::volume
