#include "../bad_memory.h"
#include "../meta_files.h"
#include "../ops.h"
#include "../reply.h"

#include <algorithm>
#include <exception>
#include <vector>

// A read is answered straight from the device's memory: the kernel copies from the addresses we
// reply with into the reader's pages, and nothing is copied here. Where the memory is bad that copy
// fails: the kernel has then told the reader EIO already, and our writev(2) fails with EFAULT.
namespace famfs::daemon::ops {
namespace {

// The reply's header is one more, and the kernel takes 1024.
constexpr std::size_t kMostSegments = 1000;

struct Answer {
  std::vector<format::Segment> segments;
  std::vector<iovec> parts;
  std::uint64_t bytes = 0;

  void add(const media::Memory& memory, const format::Segment& segment) {
    segments.push_back(segment);
    bytes += segment.length;
    parts.push_back({.iov_base = memory.address(segment.offset), .iov_len = segment.length});
  }
};

Result<void> collect(Mount& mount, fuse_ino_t ino, std::uint64_t offset, std::uint64_t size,
                     Answer& answer) {
  const media::Memory& memory = mount.volume.memory();
  if (const auto range = meta::range(ino, mount.volume.geometry())) {
    if (offset < range->length && size > 0) {
      answer.add(memory, {.file_offset = offset,
                          .device = 0,
                          .offset = range->offset + offset,
                          .length = std::min(size, range->length - offset)});
    }
    return {};
  }
  const auto add = [&](const format::Segment& segment) {
    answer.add(memory, segment);
    return answer.parts.size() < kMostSegments;
  };
  const auto found = mount.volume.segments(ino, offset, size, add);
  if (!found) {
    return std::unexpected(found.error());
  }
  return {};
}

} // namespace

void read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* /*fi*/) {
  Mount& mount = mount_of(req);
  Answer answer;
  if (const auto collected = collect(mount, ino, static_cast<std::uint64_t>(offset), size, answer);
      !collected) {
    reply_error(req, collected.error());
    return;
  }
  const int sent = fuse_reply_iov(req, answer.parts.data(), static_cast<int>(answer.parts.size()));
  if (sent != -EFAULT) {
    mount.metrics.add(Count::read_bytes, answer.bytes);
    return;
  }
  try { // the reply is out: nothing may pass that would make another
    for (const format::Segment& segment : answer.segments) {
      find_bad_memory(mount, segment.offset, segment.length);
    }
  } catch (const std::exception& e) {
    mount.watch.met(
        {.offset = answer.segments.front().offset, .length = answer.segments.front().length});
  }
}

} // namespace famfs::daemon::ops
