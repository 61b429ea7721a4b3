#include "session.h"

#include "base/diag.h"
#include "base/service.h"
#include "base/text.h"
#include "claim.h"
#include "connection.h"
#include "role.h"
#include "volume/bad_memory.h"
#include "volume/superblock_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fstream>

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace famfs::daemon {
namespace {

// To the log, but not without end: a damaged log can have a fault in each of a million entries.
class LoggingReporter final : public log::Reporter {
public:
  void fault(const format::Fault& fault) override {
    constexpr std::uint64_t most = 20;
    const std::uint64_t count = ++count_;
    if (count <= most) {
      diag::warning("{}", format::describe(fault));
    }
    if (count == most) {
      diag::warning("more faults are not logged: see fsck.famfs");
    }
  }

private:
  std::atomic<std::uint64_t> count_ = 0;
};

Caller caller() {
  Caller out{.root = ::geteuid() == 0, .may_allow_other = ::geteuid() == 0};
  std::ifstream conf("/etc/fuse.conf");
  for (std::string line; !out.may_allow_other && std::getline(conf, line);) {
    out.may_allow_other = line.starts_with("user_allow_other");
  }
  return out;
}

volume::OpenOptions open_options(const MountOptions& options, volume::Role role,
                                 const media::DeviceInfo& device) {
  const MountConfig& root = options.config.mount;
  return {.role = role,
          .map_unit = device.alignment,
          .root_uid = root.uid.value_or(::getuid()),
          .root_gid = root.gid.value_or(::getgid()),
          .root_mode = root.mode,
          .bad = device.bad.value_or(media::BadRanges())};
}

void tell_start(const Mount& mount) {
  const std::string line =
      fmt::format("{} on {}: {}{}, access path {}: {}", printable(mount.line.device),
                  printable(mount.line.mount_point),
                  mount.volume.role() == volume::Role::master ? "master" : "client",
                  mount.read_only ? ", read-only" : "", mount.access.name(), mount.access.why());
  diag::info("{}", line);
  service::ready(line);
}

// Nobody waits for this one.
void commit_draft(volume::Volume& volume, PrivateDirectories& directories, tree::NodeId node) {
  if (auto ended = directories.end(node); !ended) {
    diag::error("{}: not all in it is committed: {}",
                printable(volume.path(node).value_or("a directory")), ended.error().message);
  }
  const auto committed = directories.commit(node);
  if (!committed && committed.error().code != Errc::stale) { // stale: it was removed
    diag::error("{}: not committed after its writer closed it: {}",
                printable(volume.path(node).value_or("a file")), committed.error().message);
  }
}

void commit_all(volume::Volume& volume) {
  const auto committed = volume.commit_all([](const std::string& path, const Error& error) {
    diag::error("{}: lost: not committed at the unmount: {}", printable(path), error.message);
  });
  if (committed > 0) {
    diag::info("{} pending files and directories committed", committed);
  }
}

// Through the registry, since whoever holds the device is to know: with a client mount that is not
// we.
void report_failure(holder::Registry& registry, const media::DeviceId& device,
                    const MountOptions& options, Failures& failures, const media::BadRange& range) {
  const bool holder = !options.client;
  if (!registry.report_failure(device, range.offset, range.length) || !holder) {
    failures.note(range.offset, range.length);
  }
}

// While it lives, memory that fails is given up by the volume, and reported.
class Watching {
public:
  Watching(MemoryWatch& watch, Failures& failures, volume::Volume& volume)
      : watch_(watch), failures_(failures) {
    failures.set_volume(
        {.file_in = [&volume](const media::BadRange& range) { return volume.file_in(range); },
         .withdraw = [&volume](const media::BadRange& range) { volume.withdraw(range); }});
    watch.start(volume.memory().address(0), volume.memory().size());
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching() {
    watch_.stop();
    failures_.set_volume({});
  }

private:
  MemoryWatch& watch_;
  Failures& failures_;
};

void log_bad_memory(const std::string& device, const volume::Volume& volume) {
  constexpr std::size_t most = 20;
  const auto places = volume.bad_places();
  for (std::size_t i = 0; i < std::min(places.size(), most); ++i) {
    diag::log(places[i].harms() ? diag::Level::error : diag::Level::warning,
              fmt::format("{}: {}", printable(device), places[i].text()));
  }
  if (places.size() > most) {
    diag::warning("{}: {} more places of bad memory: see fsck.famfs", printable(device),
                  places.size() - most);
  }
}

Result<void> serve(const CommandLine& line, const media::DeviceInfo& device, volume::Volume& volume,
                   holder::Registry& registry, Failures& failures, MemoryWatch& watch,
                   const std::function<void()>& ready) {
  const auto access = make_access_path(line.options.config.mount.mmap);
  InitExchange init([&](std::uint64_t offered) { return access->negotiate(offered); });
  PrivateDirectories directories(volume);
  Drafts drafts([&](tree::NodeId node) { commit_draft(volume, directories, node); });
  Mount mount{.line = line,
              .device = device,
              .volume = volume,
              .registry = registry,
              .failures = failures,
              .watch = watch,
              .access = *access,
              .init = init,
              .drafts = drafts,
              .private_directories = directories,
              .ready = {},
              .open_files = {},
              .announcements = {},
              .last_close = LastClose(),
              .read_only = line.options.read_only};
  mount.ready = [&] {
    tell_start(mount);
    ready();
  };
  auto connection = Connection::open(mount, kernel_mount_options(line, caller()));
  if (!connection) {
    return std::unexpected(connection.error());
  }
  auto served = connection->serve();
  service::stopping("ending: what is pending is committed");
  return served;
}

std::string hint_for(int error, const std::string& path) {
  switch (error) {
  case ENOENT:
    return "make it first";
  case ENOTCONN:
    return fmt::format("the daemon that was mounted there is gone: umount {} first",
                       printable(path));
  default:
    return {};
  }
}

} // namespace

Result<std::string> check_mount_point(const std::string& path) {
  struct stat found{};
  char resolved[PATH_MAX]; // NOLINT(modernize-avoid-c-arrays): realpath's
  struct statfs asked{};   // of a daemon that is gone: attributes the kernel may still know
  if (::realpath(path.c_str(), resolved) == nullptr || ::stat(resolved, &found) != 0 ||
      ::statfs(resolved, &asked) != 0) {
    return fail_errno(errno, fmt::format("mount point {}", printable(path)), hint_for(errno, path));
  }
  if (!S_ISDIR(found.st_mode)) {
    return fail(Errc::not_directory,
                fmt::format("mount point {}: not a directory: give one", printable(path)));
  }
  return std::string(resolved);
}

Result<void> run_session(const CommandLine& line, const std::function<void()>& ready) {
  const auto access = line.options.read_only ? media::Access::read_only : media::Access::read_write;
  const auto device = media::Device::open(line.device, access);
  if (!device) {
    return std::unexpected(device.error());
  }
  // Destroyed in reverse: the volume, its memory, the claim, and last the registry whose thread may
  // still call back into `failures`.
  Failures failures(line.device);
  holder::Registry registry;
  const auto claim = claim_device(registry, *device, line, failures);
  if (!claim) {
    return std::unexpected(claim.error());
  }
  MemoryWatch watch([&](const media::BadRange& range) {
    report_failure(registry, device->info().id, line.options, failures, range);
  });
  const auto memory = device->map(0, [&](const media::BadRange& range) { watch.met(range); });
  if (!memory) {
    return std::unexpected(memory.error());
  }
  // Before the superblock is looked at: in bad memory it would be a machine check.
  if (auto good = volume::metadata_is_good(device->info().bad.value_or(media::BadRanges()), 0,
                                           volume::NeedLog::no);
      !good) {
    return std::unexpected(volume::cannot_open(line.device, good.error()));
  }
  const auto role = role_for(line.options, ::geteuid() == 0, **memory);
  if (!role) {
    return std::unexpected(role.error());
  }
  LoggingReporter reporter;
  const auto volume =
      volume::Volume::open(**memory, open_options(line.options, *role, device->info()), reporter);
  if (!volume) {
    return std::unexpected(volume::cannot_open(line.device, volume.error()));
  }
  log_bad_memory(line.device, **volume);
  const Watching watching(watch, failures, **volume);
  const auto served = serve(line, device->info(), **volume, registry, failures, watch, ready);
  commit_all(**volume);
  return served;
}

} // namespace famfs::daemon
