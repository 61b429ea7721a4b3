#include "decode.h"

#include <array>
#include <cstring>

namespace famfs::instructions {
namespace {

constexpr std::uint8_t kMemoryAe = 0xae; // 0f ae /6, /7: write-backs of memory, fences of none
constexpr std::uint8_t kStreamInteger = 0xc3;
constexpr std::uint8_t kStreamPacked = 0xe7;
constexpr std::uint8_t kStreamFloat = 0x2b;

// Reads on; past the end there are zeroes, which decode to nothing we look for.
class Code {
public:
  explicit Code(std::span<const std::uint8_t> code) : code_(code) {}
  [[nodiscard]] std::uint8_t peek() const { return at_ < code_.size() ? code_[at_] : 0; }
  std::uint8_t next() { return at_ < code_.size() ? code_[at_++] : std::uint8_t{0}; }
  template <class T> std::int64_t number() {
    T value{};
    if (at_ + sizeof value <= code_.size()) {
      std::memcpy(&value, code_.data() + at_, sizeof value);
    }
    at_ += sizeof value;
    return value;
  }
  [[nodiscard]] std::size_t read() const { return at_; }
  [[nodiscard]] std::uint8_t read_last() const { return at_ == 0 ? 0 : code_[at_ - 1]; }

private:
  std::span<const std::uint8_t> code_;
  std::size_t at_ = 0;
};

// What comes before the opcode. `base`, `index`: 8 for r8 to r15; `width` of a vector.
struct Prefixes {
  bool operand_size = false;
  bool repeat = false;
  bool wide = false;
  unsigned base = 0, index = 0;
  std::size_t width = 16;
  bool compressed = false; // EVEX: an 8-bit displacement counts vectors
  bool vector = false;
};

std::uint64_t value_of(unsigned number, const user_regs_struct& r) {
  const std::array<std::uint64_t, 16> all{r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi,
                                          r.r8,  r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15};
  return all.at(number);
}

// The address of a ModRM operand in memory.
std::uint64_t effective(Code& code, std::uint8_t modrm, const Prefixes& prefixes,
                        const user_regs_struct& regs) {
  const unsigned mod = modrm >> 6U;
  const unsigned rm = modrm & 7U;
  std::uint64_t address = 0;
  bool absolute = false; // a 32-bit displacement and no base
  if (rm == 4) {
    const std::uint8_t sib = code.next();
    const unsigned index = (sib >> 3U & 7U) + prefixes.index;
    address = index == 4 ? 0 : value_of(index, regs) << (sib >> 6U);
    absolute = (sib & 7U) == 5 && mod == 0;
    address += absolute ? 0 : value_of((sib & 7U) + prefixes.base, regs);
  } else if (mod == 0 && rm == 5) {
    const std::int64_t displacement = code.number<std::int32_t>();
    return regs.rip + code.read() + static_cast<std::uint64_t>(displacement);
  } else {
    address = value_of(rm + prefixes.base, regs);
  }
  std::int64_t displacement = 0;
  if (mod == 1) {
    displacement = code.number<std::int8_t>();
    displacement *= prefixes.compressed ? static_cast<std::int64_t>(prefixes.width) : 1;
  } else if (mod == 2 || absolute) {
    displacement = code.number<std::int32_t>();
  }
  return address + static_cast<std::uint64_t>(displacement);
}

// False: an encoding whose opcodes are none of ours.
bool vector_prefix(Code& code, Prefixes& prefixes) {
  prefixes.vector = true;
  const std::uint8_t kind = code.next();
  const std::uint8_t first = code.next();
  if (kind == 0xc5) { // VEX in two bytes
    prefixes.width = (first & 4U) != 0 ? 32 : 16;
    return true;
  }
  prefixes.index = (first & 0x40U) != 0 ? 0 : 8;
  prefixes.base = (first & 0x20U) != 0 ? 0 : 8;
  const std::uint8_t second = code.next();
  if (kind == 0xc4) { // VEX in three
    prefixes.width = (second & 4U) != 0 ? 32 : 16;
    return (first & 0x1fU) == 1;
  }
  prefixes.width = std::size_t{16} << (code.next() >> 5U & 3U); // EVEX
  prefixes.compressed = true;
  return (first & 7U) == 1;
}

// False: no opcode of ours can follow.
bool read_prefixes(Code& code, Prefixes& prefixes) {
  for (;; code.next()) {
    const std::uint8_t byte = code.peek();
    if (byte == 0x66) {
      prefixes.operand_size = true;
    } else if (byte == 0xf2 || byte == 0xf3) {
      prefixes.repeat = true;
    } else if (byte != 0x2e && byte != 0x3e && byte != 0xf0) {
      break;
    }
  }
  if ((code.peek() & 0xf0U) == 0x40) { // REX
    const std::uint8_t rex = code.next();
    prefixes.wide = (rex & 8U) != 0;
    prefixes.index = (rex & 2U) != 0 ? 8 : 0;
    prefixes.base = (rex & 1U) != 0 ? 8 : 0;
  }
  const std::uint8_t byte = code.peek();
  if (byte == 0xc5 || byte == 0xc4 || byte == 0x62) {
    return vector_prefix(code, prefixes);
  }
  return code.next() == 0x0f;
}

Kind kind_of_ae(std::uint8_t modrm, const Prefixes& prefixes) {
  const unsigned reg = modrm >> 3U & 7U;
  if (prefixes.repeat || prefixes.vector || reg < 6) {
    return Kind::other;
  }
  if (modrm >> 6U == 3) {
    return prefixes.operand_size ? Kind::other : reg == 6 ? Kind::full_fence : Kind::fence;
  }
  if (reg == 7) {
    return Kind::invalidate;
  }
  return prefixes.operand_size ? Kind::write_back : Kind::other; // without: xsaveopt
}

Instruction repeated(std::uint8_t opcode, const Prefixes& prefixes) {
  const bool move = opcode == 0xa4 || opcode == 0xa5;
  if (!move && opcode != 0xaa && opcode != 0xab) {
    return {};
  }
  const std::size_t word = prefixes.wide ? 8 : prefixes.operand_size ? 2 : 4;
  return {.kind = move ? Kind::repeated_move : Kind::repeated_store,
          .width = (opcode & 1U) != 0 ? word : 1};
}

} // namespace

Instruction decode(std::span<const std::uint8_t> bytes, const user_regs_struct& regs) noexcept {
  Code code(bytes);
  Prefixes prefixes;
  if (!read_prefixes(code, prefixes)) {
    return prefixes.repeat ? repeated(code.read_last(), prefixes) : Instruction{};
  }
  const std::uint8_t opcode = code.next();
  if (opcode == 0x05 && !prefixes.vector) {
    return {.kind = Kind::system_call};
  }
  if (opcode != kMemoryAe && opcode != kStreamInteger && opcode != kStreamPacked &&
      opcode != kStreamFloat) {
    return {};
  }
  const std::uint8_t modrm = code.next();
  Instruction found{.kind = Kind::stream, .width = prefixes.width};
  if (opcode == kMemoryAe) {
    found.kind = kind_of_ae(modrm, prefixes);
  } else if (modrm >> 6U == 3 || prefixes.repeat || (opcode == kStreamInteger && prefixes.vector)) {
    return {};
  } else if (opcode == kStreamInteger) {
    found.width = prefixes.wide ? 8 : 4;
  } else if (opcode == kStreamPacked && !prefixes.operand_size && !prefixes.vector) {
    found.width = 8; // of an MMX register
  }
  if (found.kind != Kind::other && found.kind != Kind::fence && found.kind != Kind::full_fence) {
    found.address = effective(code, modrm, prefixes, regs);
  }
  return found;
}

} // namespace famfs::instructions
