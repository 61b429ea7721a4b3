// Memories for log and volume: plain RAM, and a sparse file on /dev/shm mapped as a device would
// be.
#pragma once

#include "format/superblock.h"
#include "media/memory.h"

#include <cstdint>
#include <memory>
#include <string>

namespace famfs::bench {

// Address space of any size, memory only where it is written. No cache maintenance.
[[nodiscard]] std::unique_ptr<media::Memory> make_ram(std::uint64_t size);

// Removed from the directory at once, so that nothing is left behind. Ends the program when it
// fails.
[[nodiscard]] std::unique_ptr<media::Memory> make_stand_in(std::uint64_t size);

// mkfs; returns what the superblock says.
format::Geometry make_file_system(media::Memory& memory, std::uint64_t log_length);

// Ends the program: a benchmark that cannot be set up has nothing to say.
[[noreturn]] void give_up(const std::string& why);

} // namespace famfs::bench
