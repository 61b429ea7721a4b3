// The connection to the kernel: libfuse's session, mounted, served by many threads, unmounted.
#pragma once

#include "fuse.h"
#include "mount_base.h"

#include <string>

namespace famfs::daemon {

class Connection {
public:
  // Mounts. `mount` outlives the connection. The first request may be answered before serve() only
  // by waiting: the kernel sends nothing but INIT.
  [[nodiscard]] static Result<Connection>
  open(MountBase& mount, const fuse_lowlevel_ops& operations, const std::string& kernel_options);
  Connection(Connection&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Connection& operator=(Connection&&) = delete;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection(); // unmounts, if that was not how it ended

  // Until somebody unmounts, or an ending signal comes.
  [[nodiscard]] Result<void> serve();

private:
  explicit Connection(fuse_session* session) : session_(session) {}
  fuse_session* session_;
};

} // namespace famfs::daemon
