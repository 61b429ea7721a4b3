// Whether what was run is what must be. Of each judge there are two more that believe less, to see
// that what they leave out is missed.
#pragma once

#include "tracer.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace famfs::instructions {

class Judges : public Listener {
public:
  virtual void ended() = 0; // all that was run
  [[nodiscard]] virtual std::string seen() const = 0;
  [[nodiscard]] virtual std::string fault() const = 0; // empty: none
};

// All that is on the device is written back and fenced before an entry of the log is counted, but
// for the line that counts it, and in the end; `commits`: there must be one.
[[nodiscard]] std::unique_ptr<Judges> durable(std::span<const std::byte> device, bool commits);

// A range of the device is looked at anew.
[[nodiscard]] std::unique_ptr<Judges> looked_at(std::uint64_t offset, std::uint64_t length);

} // namespace famfs::instructions
