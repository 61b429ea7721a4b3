// Moves a file's bytes with several threads: from a Content (another file, seeded bytes) to a
// Target (a direct map, or write(2) where the device cannot be opened), or compares the two.
// Content and Target are called by any thread, for chunks that do not overlap.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/units.h"
#include "progress.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace famfs::tools {

// What a thread takes at a time: a huge page of the device, one fault.
inline constexpr std::uint64_t kChunk = 2 * MiB;

class Content {
public:
  Content() = default;
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;
  virtual ~Content() = default;
  // The bytes at [offset, offset + scratch.size()), `offset` a multiple of 4: in `scratch`, or
  // where they lie. What is returned may fault when it is touched, if the Content says so.
  virtual Result<Bytes> bytes(std::uint64_t offset, MutableBytes scratch) const = 0;
};

// `size` bytes of `fd`, which stays the caller's. `path` for messages. mapped: what bytes() returns
// lies in the page cache where it can, which spares a copy; for copy() only, since it may fault.
enum class Reading : std::uint8_t { mapped, copied };
[[nodiscard]] std::unique_ptr<Content> file_content(int fd, std::uint64_t size, std::string path,
                                                    Reading reading);
[[nodiscard]] std::unique_ptr<Content> seeded_content(std::uint32_t seed);

class Target {
public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;
  // A chunk, or the last part of one, is about to be put: its pages can be had at once.
  virtual void prepare(std::uint64_t /*offset*/, std::uint64_t /*length*/) {}
  // On return the bytes are written back and fenced on this thread, or the daemon's to write back.
  virtual Result<void> put(std::uint64_t offset, Bytes from) = 0;
  virtual Result<void> get(std::uint64_t offset, MutableBytes to) const = 0;
};

// The first `size` bytes of a file on a famfs mount, open for `writable` or for reading. A direct
// map when the device node may be opened, else read(2) and write(2).
[[nodiscard]] std::unique_ptr<Target> famfs_target(int fd, std::uint64_t size, std::string path,
                                                   bool writable);

// Over a mapping, which becomes the Target's.
[[nodiscard]] std::unique_ptr<Target> mapped_target(std::byte* base, std::uint64_t size,
                                                    std::string path, bool writable);

struct CopyJob {
  std::uint64_t size = 0;
  unsigned threads = 0; // 0: one per core
  const std::atomic<bool>* interrupted = nullptr;
  Progress* progress = nullptr;
};

// interrupted: when job.interrupted became true; what was put is put.
[[nodiscard]] Result<void> copy(const Content& from, Target& to, const CopyJob& job);

// The first offset at which they differ.
[[nodiscard]] Result<std::optional<std::uint64_t>> compare(const Content& wanted,
                                                           const Target& found, const CopyJob& job);

} // namespace famfs::tools
