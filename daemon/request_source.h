// The bytes of a WRITE request, put into the device's memory with one copy: read(2) from the pipe
// into which the kernel spliced the request, straight to their address, or a store from libfuse's
// buffer.
#pragma once

#include "fuse.h"
#include "volume/volume.h"

namespace famfs::daemon {

class RequestSource final : public volume::WriteSource {
public:
  // `from` has one buffer, as libfuse gives it.
  explicit RequestSource(const fuse_bufvec& from) : buffer_(from.buf[0]) {}

  Result<void> copy(media::Memory& memory, std::uint64_t device_offset,
                    std::uint64_t length) override;

  // Taken to the last byte: a pipe that is not must be emptied before it is used again.
  [[nodiscard]] bool used_up() const noexcept { return taken_ == buffer_.size; }
  // Where a copy failed because memory is bad.
  struct Bad {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  [[nodiscard]] const Bad& bad() const noexcept { return bad_; }

private:
  Result<void> from_pipe(media::Memory& memory, std::uint64_t device_offset, std::uint64_t length);

  const fuse_buf& buffer_;
  std::size_t taken_ = 0;
  Bad bad_;
};

} // namespace famfs::daemon
