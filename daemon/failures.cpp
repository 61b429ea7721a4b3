#include "failures.h"

#include "base/diag.h"
#include "base/text.h"

#include <algorithm>

namespace famfs::daemon {

void Failures::set_volume(Volume volume) {
  {
    const std::lock_guard lock(calling_);
    volume_ = std::move(volume);
  }
  for (const Failure& failure : last()) {
    static_cast<void>(tell_volume({.offset = failure.offset, .length = failure.length}));
  }
}

std::string Failures::tell_volume(const media::BadRange& range) {
  const std::lock_guard lock(calling_);
  if (!volume_.withdraw) {
    return {};
  }
  volume_.withdraw(range);
  return volume_.file_in(range).value_or("");
}

void Failures::log(const Failure& failure) const {
  diag::error("{}: memory failure at offset {}, {} bytes, in {}: reads and writes there give EIO: "
              "restore the file from a copy",
              printable(device_), failure.offset, failure.length,
              failure.file.empty() ? "no file" : printable(failure.file));
}

void Failures::note(std::uint64_t offset, std::uint64_t length) {
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
  }
  const std::string file = tell_volume({.offset = offset, .length = length});
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

std::uint64_t Failures::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

} // namespace famfs::daemon
