#include "failures.h"

#include "base/diag.h"
#include "base/text.h"

#include <algorithm>

namespace famfs::daemon {

void Failures::set_locate(Locate locate) {
  const std::lock_guard lock(mutex_);
  locate_ = std::move(locate);
}

void Failures::note(std::uint64_t offset, std::uint64_t length) {
  Locate locate;
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
    locate = locate_;
  }
  const std::string file = locate ? locate(offset).value_or("") : "";
  diag::error("{}: memory failure at offset {}, {} bytes, in {}: reads and writes there give EIO: "
              "restore the file from a copy",
              printable(device_), offset, length, file.empty() ? "no file" : printable(file));
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
