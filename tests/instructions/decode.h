// The instructions of x86-64 that decide what a power cut leaves, as a thread is about to run them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/user.h>

namespace famfs::instructions {

enum class Kind : std::uint8_t {
  other,
  write_back, // clwb: of the line that holds `address`
  invalidate, // clflushopt, clflush: that line is written back, and loaded anew by its next load
  stream,     // a store past the caches (movnt…), `width` bytes at `address`, within a line
  fence,      // sfence: later stores wait for the thread's write-backs; loads do not
  full_fence, // mfence: loads too
  system_call,
  repeated_store, // rep stos, rep movs: a single step of them is one of rcx rounds of `width` bytes
  repeated_move
};

struct Instruction {
  Kind kind = Kind::other;
  std::uint64_t address = 0;
  std::size_t width = 0;
};

// `code`: the bytes at regs.rip, 15 of them or as many as there are.
[[nodiscard]] Instruction decode(std::span<const std::uint8_t> code,
                                 const user_regs_struct& regs) noexcept;

} // namespace famfs::instructions
