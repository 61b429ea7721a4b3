#include "failures.h"

#include "base/diag.h"
#include "base/text.h"

#include <algorithm>

namespace famfs::daemon {

void Failures::set_locate(Locate locate) {
  const std::lock_guard lock(mutex_);
  locate_.swap(locate);
}

void Failures::log(const Failure& failure) const {
  diag::error("{}: memory failure at offset {}, {} bytes, in {}: reads and writes there give EIO: "
              "restore the file from a copy",
              printable(device_), failure.offset, failure.length,
              failure.file.empty() ? "no file" : printable(failure.file));
}

void Failures::note(std::uint64_t offset, std::uint64_t length) {
  Locate locate;
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find_if(
        last_, [&](const Failure& f) { return f.offset == offset && f.length == length; });
    if (known != last_.end()) {
      ++known->times;
      return;
    }
    if (last_.size() == kKept) {
      last_.erase(last_.begin());
    }
    last_.push_back({.offset = offset, .length = length, .file = {}});
    count = ++count_;
    locate = locate_;
  }
  const std::string file = locate ? locate(offset).value_or("") : "";
  if (count <= kLogged) {
    log({.offset = offset, .length = length, .file = file});
  }
  if (count == kLogged) {
    diag::error("{}: further memory failures are not logged: see famfs status", printable(device_));
  }
  const std::lock_guard lock(mutex_);
  for (Failure& failure : last_) {
    if (failure.offset == offset && failure.length == length) {
      failure.file = file;
    }
  }
}

std::vector<Failure> Failures::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

} // namespace famfs::daemon
