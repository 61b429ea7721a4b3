// Where a copy's bytes come from: another file, or a seed.
#include "copy_engine.h"

#include "base/text.h"
#include "seeded.h"

#include <cerrno>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace famfs::tools {
namespace {

class FileContent final : public Content {
public:
  FileContent(int fd, std::uint64_t size, std::string path, Reading reading)
      : fd_(fd), size_(size), path_(std::move(path)) {
    if (reading == Reading::mapped) {
      // Private: a famfs file as the source refuses MAP_SHARED. Nothing is written, so nothing is
      // copied.
      void* const at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
      base_ = at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
    }
  }
  ~FileContent() override {
    if (base_ != nullptr) {
      munmap(base_, size_);
    }
  }

  Result<Bytes> bytes(std::uint64_t offset, MutableBytes scratch) const override {
    if (base_ != nullptr) {
      return Bytes(base_ + offset, scratch.size());
    }
    return read(offset, scratch);
  }

private:
  Result<Bytes> read(std::uint64_t offset, MutableBytes to) const {
    for (std::size_t done = 0; done < to.size();) {
      const ssize_t got =
          pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
      if (got == 0) {
        return fail(Errc::io, fmt::format("{}: ends at {}, but had {} bytes when it was opened",
                                          printable(path_), offset + done, size_));
      }
      if (got < 0 && errno != EINTR) {
        return fail_errno(errno, printable(path_));
      }
      done += got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    return to;
  }

  int fd_;
  std::uint64_t size_;
  std::string path_;
  std::byte* base_ = nullptr;
};

class SeedContent final : public Content {
public:
  explicit SeedContent(std::uint32_t seed) : start_(seed) {}
  Result<Bytes> bytes(std::uint64_t offset, MutableBytes scratch) const override {
    SeededContent content = start_;
    content.seek(offset);
    content.fill(scratch);
    return scratch;
  }

private:
  SeededContent start_;
};

} // namespace

std::unique_ptr<Content> file_content(int fd, std::uint64_t size, std::string path,
                                      Reading reading) {
  return std::make_unique<FileContent>(fd, size, std::move(path), reading);
}

std::unique_ptr<Content> seeded_content(std::uint32_t seed) {
  return std::make_unique<SeedContent>(seed);
}

} // namespace famfs::tools
