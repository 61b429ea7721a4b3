#include "base/diag.h"
#include "base/text.h"
#include "mount.h"
#include "ops.h"
#include "presentation.h"
#include "role.h"
#include "volume/bad_memory.h"
#include "volume/superblock_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

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
  [[nodiscard]] const std::atomic<std::uint64_t>& count() const noexcept { return count_; }

private:
  std::atomic<std::uint64_t> count_ = 0;
};

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

Result<void> serve_volume(const Ground& ground, volume::Volume& volume,
                          const LoggingReporter& reporter) {
  PrivateDirectories directories(volume);
  Mount mount(ground, volume, directories, reporter.count(),
              [&](tree::NodeId node) { commit_draft(volume, directories, node); });
  return serve(mount, operations(), volume.role() == volume::Role::master ? "master" : "client");
}

} // namespace

Result<void> present_files(const Ground& ground) {
  const CommandLine& line = ground.line;
  // Before the superblock is looked at: in bad memory it would be a machine check.
  if (auto good = volume::metadata_is_good(ground.device.bad.value_or(media::BadRanges()), 0,
                                           volume::NeedLog::no);
      !good) {
    return std::unexpected(volume::cannot_open(line.device, good.error()));
  }
  const auto role = role_for(line.options, ::geteuid() == 0, ground.memory);
  if (!role) {
    return std::unexpected(role.error());
  }
  LoggingReporter reporter;
  const auto opened = volume::Volume::open(
      ground.memory, open_options(line.options, *role, ground.device), reporter);
  if (!opened) {
    return std::unexpected(volume::cannot_open(line.device, opened.error()));
  }
  volume::Volume& volume = **opened;
  log_bad_memory(line.device, volume);
  const Watching watching(
      ground, {.file_in = [&volume](const media::BadRange& range) { return volume.file_in(range); },
               .withdraw = [&volume](const media::BadRange& range) { volume.withdraw(range); }});
  const auto served = serve_volume(ground, volume, reporter);
  commit_all(volume);
  return served;
}

} // namespace famfs::daemon
