#include "copy_engine.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace famfs::tools {
namespace {

constexpr std::size_t kPiece = 256 * KiB; // what passes through the second-level cache
constexpr unsigned kMostByDefault = 16;   // memory is the limit long before

// Hands out chunks in order, keeps the first error.
class Chunks {
public:
  explicit Chunks(const CopyJob& job) : job_(job) {}

  struct Chunk {
    std::uint64_t offset = 0, length = 0;
  };
  // nullopt: none is left, or somebody failed.
  std::optional<Chunk> next() {
    if (job_.interrupted != nullptr && job_.interrupted->load()) {
      keep({Errc::interrupted, "interrupted"});
    }
    const std::uint64_t offset = next_.fetch_add(kChunk);
    if (offset >= job_.size || failed_.load()) {
      return std::nullopt;
    }
    return Chunk{offset, std::min(kChunk, job_.size - offset)};
  }
  void done(const Chunk& chunk) const {
    if (job_.progress != nullptr) {
      job_.progress->add(chunk.length);
    }
  }
  void keep(Error error) {
    const std::lock_guard lock(mutex_);
    if (!failed_.exchange(true)) {
      error_ = std::move(error);
    }
  }
  void stop() { next_.store(job_.size); } // without an error
  Result<void> result() {
    if (failed_.load()) {
      return std::unexpected(error_);
    }
    return {};
  }

private:
  const CopyJob& job_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_; // guards error_
  Error error_{};
};

unsigned threads_for(const CopyJob& job) {
  const std::uint64_t wanted =
      job.threads != 0 ? job.threads
                       : std::clamp(std::thread::hardware_concurrency(), 1U, kMostByDefault);
  const std::uint64_t chunks = std::max<std::uint64_t>(1, (job.size + kChunk - 1) / kChunk);
  return static_cast<unsigned>(std::min(wanted, chunks));
}

using Worker = std::function<void(Chunks&, MutableBytes scratch)>;

// The calling thread is one of them. Threads that cannot be started are done without.
Result<void> run(const CopyJob& job, std::size_t scratch_size, const Worker& worker) {
  Chunks chunks(job);
  const auto work = [&] {
    try {
      std::vector<std::byte> scratch(scratch_size);
      worker(chunks, scratch);
    } catch (const std::exception& e) {
      chunks.keep({Errc::no_memory, e.what()});
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      for (unsigned i = 1; i < threads_for(job); ++i) {
        others.emplace_back(work);
      }
    } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch)
    }
    work();
  }
  return chunks.result();
}

Result<void> copy_chunk(const Content& from, Target& to, std::uint64_t offset, std::uint64_t length,
                        MutableBytes scratch) {
  to.prepare(offset, length);
  while (length > 0) {
    const std::size_t piece = std::min<std::uint64_t>(length, scratch.size());
    auto bytes = from.bytes(offset, scratch.first(piece));
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    if (auto put = to.put(offset, *bytes); !put) {
      return put;
    }
    offset += piece;
    length -= piece;
  }
  return {};
}

// The first offset in [offset, offset + length) that differs.
Result<std::optional<std::uint64_t>> compare_chunk(const Content& wanted, const Target& found,
                                                   std::uint64_t offset, std::uint64_t length,
                                                   MutableBytes scratch) {
  const std::size_t half = scratch.size() / 2;
  while (length > 0) {
    const std::size_t piece = std::min<std::uint64_t>(length, half);
    auto want = wanted.bytes(offset, scratch.first(piece));
    if (!want) {
      return std::unexpected(want.error());
    }
    const MutableBytes have = scratch.subspan(half, piece);
    if (auto got = found.get(offset, have); !got) {
      return std::unexpected(got.error());
    }
    if (std::memcmp(want->data(), have.data(), piece) != 0) {
      const auto at = std::mismatch(want->begin(), want->end(), have.begin()).first;
      return offset + static_cast<std::uint64_t>(at - want->begin());
    }
    offset += piece;
    length -= piece;
  }
  return std::nullopt;
}

} // namespace

Result<void> copy(const Content& from, Target& to, const CopyJob& job) {
  return run(job, kPiece, [&](Chunks& chunks, MutableBytes scratch) {
    while (const auto chunk = chunks.next()) {
      if (auto done = copy_chunk(from, to, chunk->offset, chunk->length, scratch); !done) {
        chunks.keep(std::move(done.error()));
        return;
      }
      chunks.done(*chunk);
    }
  });
}

Result<std::optional<std::uint64_t>> compare(const Content& wanted, const Target& found,
                                             const CopyJob& job) {
  std::atomic<std::uint64_t> first{UINT64_MAX};
  // Chunks are handed out in order: when one differs, all before it are done or under way.
  auto ran = run(job, 2 * kPiece, [&](Chunks& chunks, MutableBytes scratch) {
    while (const auto chunk = chunks.next()) {
      auto differs = compare_chunk(wanted, found, chunk->offset, chunk->length, scratch);
      if (!differs) {
        chunks.keep(std::move(differs.error()));
        return;
      }
      if (*differs) {
        std::uint64_t seen = first.load();
        while (**differs < seen && !first.compare_exchange_weak(seen, **differs)) {
        }
        chunks.stop();
        return;
      }
      chunks.done(*chunk);
    }
  });
  if (!ran) {
    return std::unexpected(ran.error());
  }
  return first.load() == UINT64_MAX ? std::nullopt : std::optional(first.load());
}

} // namespace famfs::tools
