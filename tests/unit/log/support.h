// A small device with an empty log, and what tests of the log ask of it.
#pragma once

#include "log/reader.h"
#include "log/writer.h"
#include "recording_memory.h"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace famfs::testing {

inline constexpr std::uint64_t kDeviceSize = 32 * MiB;
inline constexpr std::uint64_t kLogLength = 8 * MiB;

inline const format::Geometry kGeometry{
    .device_size = kDeviceSize, .log_length = kLogLength, .alloc_unit = format::kAllocUnit};

class Faults : public log::Reporter {
public:
  void fault(const format::Fault& fault) override { all.push_back(fault); }
  std::vector<format::Fault> all;
};

inline format::EntryBody directory(std::uint64_t number) {
  return format::MkdirEntry{.path = format::RelPath(fmt::format("directory-{}", number)),
                            .uid = 1,
                            .gid = 2,
                            .mode = 0755};
}

inline void make_empty_log(media::Memory& memory) {
  if (auto made = log::make_log(memory, kLogLength); !made) {
    throw std::runtime_error(made.error().message);
  }
  memory.fence();
}

// What a replay of the whole log yields.
struct Seen {
  Result<log::Replayed> replayed;
  std::vector<std::string> paths; // "index:path"
  std::vector<format::Fault> faults;
};

inline std::string seen_as(std::uint64_t index) {
  return fmt::format("{}:directory-{}", index, index);
}

inline Seen replay(const media::Memory& memory, std::uint64_t from = 0,
                   std::uint64_t most = UINT64_MAX) {
  Seen seen;
  Faults faults;
  const log::Apply apply = [&](std::uint64_t index,
                               const format::Entry& entry) -> std::optional<format::Fault> {
    const auto& made = std::get<format::MkdirEntry>(entry.body);
    seen.paths.push_back(fmt::format("{}:{}", index, made.path.view()));
    return std::nullopt;
  };
  seen.replayed = log::Reader(memory, kGeometry).replay(from, apply, faults, 1, most);
  seen.faults = faults.all;
  return seen;
}

inline void append_directories(media::Memory& memory, std::uint64_t from, std::uint64_t count) {
  log::Writer writer(memory, kGeometry, from);
  for (std::uint64_t i = from; i < from + count; ++i) {
    if (auto index = writer.append(directory(i)); !index) {
      throw std::runtime_error(index.error().message);
    }
  }
}

inline void poke_u64(RecordingMemory& memory, std::uint64_t offset, std::uint64_t value) {
  std::memcpy(memory.raw().data() + offset, &value, sizeof value);
}

inline constexpr std::uint64_t kSeqnumAt = format::kLogOffset + format::kNextSeqnumOffset;
inline constexpr std::uint64_t kIndexAt = format::kLogOffset + format::kNextIndexOffset;

} // namespace famfs::testing
