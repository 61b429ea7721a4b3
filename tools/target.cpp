// Where a copy's bytes go: into a direct map, or through the daemon.
#include "copy_engine.h"

#include "base/text.h"
#include "capi/famfs.h"
#include "media/cache.h"
#include "media/fault_guard.h"

#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

class MappedTarget final : public Target {
public:
  MappedTarget(std::byte* base, std::uint64_t size, std::string path, bool writable)
      : base_(base), size_(size), path_(std::move(path)), writable_(writable),
        populated_(size / kChunk + 1) {}
  ~MappedTarget() override { famfs_munmap(base_, size_); }

  void prepare(std::uint64_t offset, std::uint64_t length) override {
#ifdef MADV_POPULATE_WRITE // a stand-in has small pages: one call for all of a chunk's faults
    if (writable_ && !populated_[offset / kChunk].exchange(true)) {
      madvise(base_ + offset, length, MADV_POPULATE_WRITE);
    }
#endif
  }
  Result<void> put(std::uint64_t offset, Bytes from) override {
    const auto fault = media::guarded_copy_written_back(base_ + offset, from.data(), from.size());
    media::store_fence(media::cache_ops());
    return outcome(offset, fault, "written, or the source was cut meanwhile");
  }
  Result<void> get(std::uint64_t offset, MutableBytes to) const override {
    return outcome(offset, media::guarded_copy(to.data(), base_ + offset, to.size()), "read");
  }

private:
  Result<void> outcome(std::uint64_t offset, const media::CopyFault& fault,
                       std::string_view done) const {
    if (fault.failed) {
      return fail(Errc::io, fmt::format("{}: offset {}: the memory there is bad: it cannot be {}",
                                        printable(path_), offset + fault.offset, done));
    }
    return {};
  }

  std::byte* base_;
  std::uint64_t size_;
  std::string path_;
  bool writable_;
  std::vector<std::atomic<bool>> populated_; // by chunk
};

class DescriptorTarget final : public Target {
public:
  DescriptorTarget(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<void> put(std::uint64_t offset, Bytes from) override {
    return all(offset, from.size(), [&](std::size_t done) {
      return pwrite(fd_, from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
    });
  }
  Result<void> get(std::uint64_t offset, MutableBytes to) const override {
    return all(offset, to.size(), [&](std::size_t done) {
      return pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    });
  }

private:
  template <class Call> Result<void> all(std::uint64_t offset, std::size_t size, Call call) const {
    for (std::size_t done = 0; done < size;) {
      const ssize_t moved = call(done);
      if (moved == 0) {
        return fail(Errc::io, fmt::format("{}: ends at {}: did somebody change it meanwhile?",
                                          printable(path_), offset + done));
      }
      if (moved < 0 && errno == EFAULT) {
        return fail(Errc::io, fmt::format("{}: offset {}: the source was cut meanwhile",
                                          printable(path_), offset + done));
      }
      if (moved < 0 && errno != EINTR) {
        return fail_errno(errno, printable(path_));
      }
      done += moved < 0 ? 0 : static_cast<std::size_t>(moved);
    }
    return {};
  }

  int fd_;
  std::string path_;
};

} // namespace

std::unique_ptr<Target> mapped_target(std::byte* base, std::uint64_t size, std::string path,
                                      bool writable) {
  return std::make_unique<MappedTarget>(base, size, std::move(path), writable);
}

std::unique_ptr<Target> famfs_target(int fd, std::uint64_t size, std::string path, bool writable) {
  void* const at =
      famfs_mmap(nullptr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) { // NOLINT: the device node is not ours to open, or maps are refused
    return std::make_unique<DescriptorTarget>(fd, std::move(path));
  }
  return mapped_target(static_cast<std::byte*>(at), size, std::move(path), writable);
}

} // namespace famfs::tools
