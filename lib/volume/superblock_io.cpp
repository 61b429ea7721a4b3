#include "volume/superblock_io.h"

#include "base/text.h"

namespace famfs::volume {

namespace {

template <class Structure>
Result<Structure> load_fresh(const media::Memory& memory, std::uint64_t offset) {
  Structure bytes{};
  if (auto dropped = memory.invalidate(offset, bytes.size()); !dropped) {
    return std::unexpected(dropped.error());
  }
  memory.fence();
  if (auto loaded = memory.load(offset, bytes); !loaded) {
    return std::unexpected(loaded.error());
  }
  return bytes;
}

} // namespace

Result<format::SuperblockBytes> load_superblock(const media::Memory& memory) {
  return load_fresh<format::SuperblockBytes>(memory, 0);
}

Result<format::LogHeaderBytes> load_log_header(const media::Memory& memory) {
  return load_fresh<format::LogHeaderBytes>(memory, format::kLogOffset);
}

Result<format::Superblock> valid_superblock(const media::Memory& memory,
                                            std::uint64_t device_size) {
  const auto bytes = load_superblock(memory);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  auto superblock = format::decode_superblock(*bytes);
  if (const auto fault = format::validate(superblock, *bytes, device_size)) {
    const bool ours = fault->kind != format::FaultKind::superblock_magic;
    return fail(ours ? Errc::corrupt : Errc::not_famfs, format::describe(*fault));
  }
  return superblock;
}

Error cannot_open(std::string_view device, const Error& error) {
  const std::string name = printable(device);
  std::string text = fmt::format("{}: {}", name, error.message);
  if (error.code == Errc::not_famfs) {
    text += ": no famfs file system: make one with mkfs.famfs";
  } else if (error.code == Errc::corrupt) {
    text += fmt::format(": damaged: fsck.famfs {} tells more", name);
  }
  return {error.code, std::move(text)};
}

} // namespace famfs::volume
