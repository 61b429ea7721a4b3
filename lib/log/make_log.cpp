#include "log/writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace famfs::log {

namespace {

// Small enough for a progress line and an interrupt that feel prompt, large enough not to matter.
constexpr std::uint64_t kPiece = 4 * MiB;

Result<void> zero(media::Memory& memory, std::uint64_t offset, std::uint64_t length) {
  if (auto zeroed = memory.zero(offset, length); !zeroed) {
    return zeroed;
  }
  return memory.write_back(offset, length);
}

} // namespace

Result<void> make_log(media::Memory& memory, std::uint64_t log_length, const Progress& progress) {
  if (log_length < format::kMinLogLength || memory.size() < format::kLogOffset ||
      log_length > memory.size() - format::kLogOffset) {
    return fail(Errc::invalid,
                fmt::format("log: length {} does not fit a device of {} bytes: at least {}, "
                            "and room for it behind the first {}",
                            log_length, memory.size(), format::kMinLogLength, format::kLogOffset));
  }
  // The old header goes first, so that whoever stops half way leaves no log that looks whole. What
  // a power cut leaves of it is no matter: the superblock is gone.
  if (auto gone = memory.zero(format::kLogOffset, format::kLogHeaderSize); !gone) {
    return gone;
  }
  for (std::uint64_t done = 0; done < log_length;) {
    const std::uint64_t piece = std::min(kPiece, log_length - done);
    if (auto zeroed = zero(memory, format::kLogOffset + done, piece); !zeroed) {
      return zeroed;
    }
    done += piece;
    if (progress && !progress(done, log_length)) {
      return fail(
          Errc::interrupted,
          fmt::format("log: interrupted after {} of {} bytes: there is no file system on the "
                      "device now: make it again",
                      done, log_length));
    }
  }
  const auto header = format::encode(format::make_log_header(log_length));
  if (auto stored = memory.store(format::kLogOffset, header); !stored) {
    return stored;
  }
  return memory.write_back(format::kLogOffset, header.size());
}

} // namespace famfs::log
