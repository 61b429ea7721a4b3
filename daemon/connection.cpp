#include "connection.h"

#include "base/diag.h"
#include "libfuse_log.h"
#include "signals.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/uio.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

// Between libfuse and the kernel, for INIT's sake (init_exchange.h) and to count errors. Threads of
// libfuse are cancelled while they wait in read_request or splice_request: the unwinding passes
// through here, so these catch nothing and are not noexcept.
MountBase& mount_of(void* userdata) {
  return *static_cast<MountBase*>(userdata);
}

ssize_t read_request(int fd, void* buffer, size_t size, void* userdata) {
  const ssize_t got = ::read(fd, buffer, size);
  InitExchange& init = mount_of(userdata).init;
  if (got > 0 && !init.over()) {
    const int kept = errno;
    init.saw_request(Bytes(static_cast<const std::byte*>(buffer), static_cast<std::size_t>(got)));
    errno = kept;
  }
  return got;
}

ssize_t splice_request(int from, off_t* from_offset, int to, off_t* to_offset, size_t length,
                       unsigned flags, void* /*userdata*/) {
  return ::splice(from, from_offset, to, to_offset, length, flags);
}

void count_error(Metrics& metrics, const iovec& header) {
  fuse_out_header reply{};
  if (header.iov_len >= sizeof reply) {
    std::memcpy(&reply, header.iov_base, sizeof reply);
    if (reply.error < 0) {
      metrics.failed(-reply.error);
    }
  }
}

ssize_t write_reply(int fd, iovec* parts, int count, void* userdata) {
  MountBase& mount = mount_of(userdata);
  count_error(mount.metrics, parts[0]);
  InitExchange& init = mount.init;
  if (!init.over()) {
    const auto instead = init.replace({parts, static_cast<std::size_t>(count)});
    if (!instead.empty()) {
      return ::writev(fd, instead.data(), static_cast<int>(instead.size()));
    }
  }
  return ::writev(fd, parts, count);
}

fuse_custom_io hooks() {
  fuse_custom_io io{};
  io.read = read_request;
  io.writev = write_reply;
  io.splice_receive = splice_request;
  return io;
}

fuse_session* make_session(MountBase& mount, const fuse_lowlevel_ops& operations,
                           const std::string& kernel_options) {
  std::string program = "famfsd";
  std::string o = "-o";
  std::string options = kernel_options;
  std::string debug = "-d";
  std::array<char*, 4> argv{program.data(), o.data(), options.data(), debug.data()};
  fuse_args args = FUSE_ARGS_INIT(mount.line.options.debug ? 4 : 3, argv.data());
  fuse_session* session = fuse_session_new(&args, &operations, sizeof(fuse_lowlevel_ops), &mount);
  fuse_opt_free_args(&args);
  return session;
}

std::unexpected<Error> refused(const MountBase& mount) {
  const std::string why = captured_fuse_log();
  return fail(Errc::system, fmt::format("{}: not mounted: {}", mount.line.mount_point,
                                        why.empty() ? "the kernel or fusermount3 refused" : why));
}

} // namespace

Result<Connection> Connection::open(MountBase& mount, const fuse_lowlevel_ops& operations,
                                    const std::string& kernel_options) {
  capture_fuse_log();
  fuse_session* session = make_session(mount, operations, kernel_options);
  if (session == nullptr) {
    return refused(mount);
  }
  Connection connection(session);
  if (fuse_session_mount(session, mount.line.mount_point.c_str()) != 0) {
    return refused(mount);
  }
  const fuse_custom_io io = hooks();
  if (fuse_session_custom_io(session, &io, fuse_session_fd(session)) != 0) {
    return refused(mount);
  }
  if (!mount.line.options.debug) {
    forward_fuse_log();
  } else {
    fuse_set_log_func(nullptr);
  }
  return connection;
}

Connection::~Connection() {
  if (session_ != nullptr) {
    fuse_session_unmount(session_);
    fuse_session_destroy(session_);
  }
}

Result<void> Connection::serve() {
  constexpr unsigned most_threads = 32; // some wait: for a commit's flushes, for /proc
  const std::unique_ptr<fuse_loop_config, void (*)(fuse_loop_config*)> config(
      fuse_loop_cfg_create(), fuse_loop_cfg_destroy);
  fuse_loop_cfg_set_max_threads(config.get(), most_threads);
  const SignalWatch watch([this] {
    diag::info("asked to end by a signal");
    fuse_session_exit(session_);
  });
  const int ended = fuse_session_loop_mt(session_, config.get());
  if (ended < 0) {
    return fail_errno(-ended, "requests of the kernel");
  }
  return {};
}

} // namespace famfs::daemon
