#include "looked.h"

#include <utility>

namespace famfs::instructions {

Looked::Looked(std::uint64_t offset, std::uint64_t length, Durable::Forget forget)
    : first_(offset / kLine), end_((offset + length + kLine - 1) / kLine),
      forget_(std::move(forget)) {}

void Looked::write_back(pid_t thread, std::uint64_t offset, Kind how) {
  if (how == Kind::invalidate &&
      !(forget_ && forget_(Durable::Event::write_back, offset / kLine))) {
    unfenced_[thread].insert(offset / kLine);
  }
}

void Looked::fence(pid_t thread, Kind how) {
  if (how == Kind::full_fence && !(forget_ && forget_(Durable::Event::fence, 0))) {
    anew_.merge(unfenced_[thread]);
    unfenced_.erase(thread);
  }
}

std::optional<std::uint64_t> Looked::old() const {
  for (std::uint64_t line = first_; line < end_; ++line) {
    if (!anew_.contains(line)) {
      return line * kLine;
    }
  }
  return std::nullopt;
}

} // namespace famfs::instructions
