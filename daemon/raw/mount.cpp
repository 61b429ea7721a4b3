#include "mount.h"

#include "../reply.h"

#include <ranges>

#include <unistd.h>

namespace famfs::daemon::raw {
namespace {

constexpr mode_t kPermissions = 0777;

struct stat base_stat(const struct stat& node, std::uint64_t id) {
  struct stat out{};
  out.st_ino = id;
  out.st_nlink = 1;
  out.st_uid = node.st_uid;
  out.st_gid = node.st_gid;
  out.st_atim = out.st_mtim = out.st_ctim = node.st_mtim;
  return out;
}

} // namespace

RawMount::RawMount(const Ground& ground, const struct stat& node, volume::BadMemory& bad_memory)
    : MountBase(ground), root_stat(base_stat(node, kRoot)), device_stat(base_stat(node, kDevice)),
      bad(bad_memory) {
  constexpr std::uint64_t stat_unit = 512;
  const MountConfig& root = line.options.config.mount;
  root_stat.st_mode = S_IFDIR | root.mode;
  root_stat.st_uid = root.uid.value_or(::getuid());
  root_stat.st_gid = root.gid.value_or(::getgid());
  root_stat.st_nlink = 2;
  device_stat.st_mode = S_IFREG | (node.st_mode & kPermissions);
  device_stat.st_size = static_cast<off_t>(size());
  device_stat.st_blocks = static_cast<blkcnt_t>(size() / stat_unit);
  device_stat.st_blksize = 1 << 20;
}

struct stat RawMount::attributes(std::uint64_t id) const {
  return id == kDevice ? device_stat : root_stat;
}

double RawMount::keep_for() const noexcept {
  return line.options.config.mount.timeout;
}

JsonText RawMount::presented() const {
  constexpr std::size_t most = 32; // STATUS has room for so much
  JsonText places = JsonText::array();
  for (const auto& range : bad.ranges() | std::views::take(most)) {
    places.push_back({{"offset", range.offset}, {"length", range.length}, {"file", kName}});
  }
  return {{"presentation", "raw"}, {"pins", pins.total()}, {"bad_memory", places}};
}

RawMount& mount_of(fuse_req_t req) {
  return static_cast<RawMount&>(mount_base_of(req));
}

} // namespace famfs::daemon::raw
