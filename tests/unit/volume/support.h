// A small device full of junk with a file system on it, and short names for what tests do to it.
#pragma once

#include "recording_memory.h"
#include "volume/make.h"
#include "volume/volume.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace famfs::testing {

using volume::NodeId;
using volume::Role;
using volume::Volume;

inline constexpr std::uint64_t kUnit = format::kAllocUnit;
inline constexpr std::byte kJunk{0xee};

class Faults : public log::Reporter {
public:
  void fault(const format::Fault& fault) override { all.push_back(fault); }
  std::vector<format::Fault> all;
};

class TextSource : public volume::WriteSource {
public:
  explicit TextSource(std::string_view text) : text_(text) {}
  Result<void> copy(media::Memory& memory, std::uint64_t device_offset,
                    std::uint64_t length) override;

private:
  std::string_view text_;
};

// Device of 64 MiB: log of 8 MiB, 27 units of data, all of them junk.
class Rig {
public:
  explicit Rig(std::uint64_t size = 64 * MiB);

  void reopen(Role role = Role::master); // pending files are lost
  void crash_and_reopen();               // whatever was not written back and fenced is lost too

  // Each of these must succeed.
  NodeId create(std::string_view name, NodeId parent = tree::kRoot);
  NodeId directory(std::string_view name, NodeId parent = tree::kRoot); // committed
  void write(NodeId id, std::uint64_t offset, std::string_view text);
  void resize(NodeId id, std::uint64_t size);
  void commit(NodeId id);
  [[nodiscard]] std::string read(NodeId id); // whole
  [[nodiscard]] volume::Attributes attributes(NodeId id);
  [[nodiscard]] NodeId lookup(std::string_view name, NodeId parent = tree::kRoot);
  NodeId committed(std::string_view name, std::string_view text);
  // As a program stores through its mapping: no write-back.
  void store_mapped(NodeId id, std::uint64_t offset, std::string_view text);

  [[nodiscard]] Result<std::uint64_t> try_write(NodeId id, std::uint64_t offset,
                                                std::string_view text);
  [[nodiscard]] std::uint64_t free_bytes() { return volume->usage().free_bytes; }
  [[nodiscard]] std::vector<std::string> names(NodeId directory = tree::kRoot);

  RecordingMemory memory;
  std::uint64_t map_unit = 4096; // from the next reopen on
  Faults faults;
  std::unique_ptr<Volume> volume;
};

[[nodiscard]] std::string zeros(std::size_t count);
[[nodiscard]] std::string text_of(std::size_t count, unsigned seed = 1); // never a zero, never junk

template <class T> [[nodiscard]] Errc code_of(const Result<T>& result) {
  return result ? Errc::timed_out : result.error().code; // timed_out: there was no error
}

} // namespace famfs::testing
