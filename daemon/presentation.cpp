#include "presentation.h"

#include "base/diag.h"
#include "base/service.h"
#include "base/text.h"
#include "connection.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

#include <unistd.h>

namespace famfs::daemon {
namespace {

Caller caller() {
  Caller out{.root = ::geteuid() == 0, .may_allow_other = ::geteuid() == 0};
  std::ifstream conf("/etc/fuse.conf");
  for (std::string line; !out.may_allow_other && std::getline(conf, line);) {
    out.may_allow_other = line.starts_with("user_allow_other");
  }
  return out;
}

} // namespace

Result<void> serve(MountBase& mount, const fuse_lowlevel_ops& operations, std::string_view as) {
  mount.ready = [&mount, as, ready = mount.ready] {
    const std::string line =
        fmt::format("{} on {}: {}{}, access path {}: {}", printable(mount.line.device),
                    printable(mount.line.mount_point), as, mount.read_only ? ", read-only" : "",
                    mount.access->name(), mount.access->why());
    diag::info("{}", line);
    service::ready(line);
    ready();
  };
  auto connection = Connection::open(mount, operations, kernel_mount_options(mount.line, caller()));
  if (!connection) {
    return std::unexpected(connection.error());
  }
  auto served = connection->serve();
  service::stopping("ending: what is pending is committed");
  return served;
}

Watching::Watching(const Ground& ground, Failures::Volume given_up_by)
    : watch_(ground.watch), failures_(ground.failures) {
  failures_.set_volume(std::move(given_up_by));
  watch_.start(ground.memory.address(0), ground.memory.size());
}

Watching::~Watching() {
  watch_.stop();
  failures_.set_volume({});
}

} // namespace famfs::daemon
