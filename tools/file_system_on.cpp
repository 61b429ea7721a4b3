#include "file_system_on.h"

#include "base/text.h"
#include "media/device.h"
#include "volume/bad_memory.h"
#include "volume/superblock_io.h"

#include <algorithm>

namespace famfs::tools {
namespace {

std::unexpected<Error> none_on(const std::string& device) {
  return fail(Errc::not_famfs,
              fmt::format("{}: no famfs file system: make one with mkfs.famfs", printable(device)));
}

std::unexpected<Error> about(const std::string& device, const Error& error) {
  return fail(error.code, fmt::format("{}: {}", printable(device), error.message));
}

} // namespace

Result<format::Superblock> file_system_on(const std::string& path) {
  const auto device = media::Device::open(path, media::Access::read_only);
  if (!device) {
    return std::unexpected(device.error());
  }
  const auto& info = device->info();
  if (info.size < format::kSuperblockRegion) {
    return none_on(path);
  }
  // Before it is looked at: in bad memory it would be a machine check.
  if (auto good =
          volume::metadata_is_good(info.bad.value_or(media::BadRanges()), 0, volume::NeedLog::no);
      !good) {
    return about(path, good.error());
  }
  const auto memory =
      device->map(std::min(info.size, std::max(info.alignment, format::kSuperblockRegion)));
  if (!memory) {
    return std::unexpected(memory.error());
  }
  auto superblock = volume::valid_superblock(**memory, info.size);
  if (!superblock) {
    return superblock.error().code == Errc::not_famfs ? none_on(path)
                                                      : about(path, superblock.error());
  }
  return superblock;
}

Document superblock_document(const format::Superblock& superblock) {
  return {{"uuid", superblock.file_system.text()},
          {"system_uuid", superblock.system.text()},
          {"device_size", superblock.device_size},
          {"log_len", superblock.log_length}};
}

} // namespace famfs::tools
