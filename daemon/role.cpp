#include "role.h"

#include "base/host_id.h"
#include "format/superblock.h"

namespace famfs::daemon {
namespace {

// nullopt: this host has none, and we may not make one.
Result<std::optional<Uuid>> own_uuid(const MountOptions& options, bool root) {
  if (options.config.system_uuid) {
    return options.config.system_uuid;
  }
  const auto uuid = host_uuid(root ? HostIdMode::create : HostIdMode::read_only);
  if (uuid) {
    return *uuid;
  }
  if (!root && uuid.error().code == Errc::not_found) {
    return std::nullopt;
  }
  return std::unexpected(uuid.error());
}

} // namespace

Result<volume::Role> role_for(const MountOptions& options, bool root, const media::Memory& memory) {
  // A read-only mount appends nothing, whoever this host is.
  if (options.client || options.read_only) {
    return volume::Role::client;
  }
  const auto own = own_uuid(options, root);
  if (!own) {
    return std::unexpected(own.error());
  }
  format::SuperblockBytes bytes{};
  if (auto loaded = memory.load(0, bytes); !loaded) {
    return std::unexpected(loaded.error());
  }
  const bool same = *own && format::decode_superblock(bytes).system == **own;
  return same ? volume::Role::master : volume::Role::client;
}

} // namespace famfs::daemon
