#include "request_source.h"

#include <fmt/format.h>

#include <cerrno>

#include <unistd.h>

namespace famfs::daemon {

Result<void> RequestSource::copy(media::Memory& memory, std::uint64_t device_offset,
                                 std::uint64_t length) {
  if ((buffer_.flags & FUSE_BUF_IS_FD) != 0) {
    return from_pipe(memory, device_offset, length);
  }
  const auto* bytes = static_cast<const std::byte*>(buffer_.mem) + taken_;
  taken_ += length;
  auto stored = memory.store(device_offset, Bytes(bytes, length));
  if (!stored && stored.error().code == Errc::io) {
    bad_ = {device_offset, length};
  }
  return stored;
}

Result<void> RequestSource::from_pipe(media::Memory& memory, std::uint64_t device_offset,
                                      std::uint64_t length) {
  while (length > 0) {
    const ssize_t got = ::read(buffer_.fd, memory.address(device_offset), length);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EFAULT) {
      bad_ = {device_offset, length};
      return fail(Errc::io,
                  fmt::format("write to offset {} of the device: bad memory", device_offset));
    }
    if (got < 0) {
      return fail_errno(errno, "read of a request's data");
    }
    if (got == 0) {
      return fail(Errc::io, "a request's data ended early");
    }
    taken_ += static_cast<std::size_t>(got);
    device_offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::uint64_t>(got);
  }
  return {};
}

} // namespace famfs::daemon
