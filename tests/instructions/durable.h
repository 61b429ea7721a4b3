// What a power cut would leave of a device, told from the instructions that were run on it: a line
// is kept as it was when a thread wrote it back, once that thread has fenced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

namespace famfs::instructions {

inline constexpr std::size_t kLine = 64;

class Durable {
public:
  // `device` as it is now is kept; it is looked at again at each write-back. `forget` tells what is
  // not believed, to see that it is missed: write-backs of that line, fences.
  enum class Event : std::uint8_t { write_back, fence };
  using Forget = std::function<bool(Event, std::uint64_t line)>;
  Durable(std::span<const std::byte> device, Forget forget);

  void write_back(pid_t thread, std::uint64_t offset);
  void fence(pid_t thread);

  // The first byte that would be lost, `except_line` aside.
  [[nodiscard]] std::optional<std::uint64_t>
  lost(std::optional<std::uint64_t> except_line = std::nullopt) const;

private:
  std::span<const std::byte> device_;
  Forget forget_;
  std::vector<std::byte> kept_;
  std::map<pid_t, std::map<std::uint64_t, std::vector<std::byte>>> unfenced_; // lines by offset
};

} // namespace famfs::instructions
