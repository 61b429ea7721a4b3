#include "status.h"

#include "base/control.h"
#include "mount.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <span>

#include <unistd.h>

namespace famfs::daemon {
namespace {

// A place may be in no file.
JsonText name_or_null(const std::string& name) {
  return name.empty() ? JsonText(nullptr) : JsonText(name);
}

JsonText listed(std::span<const Failure> failures) {
  JsonText out = JsonText::array();
  for (const Failure& failure : failures) {
    out.push_back({{"offset", failure.offset},
                   {"length", failure.length},
                   {"file", name_or_null(failure.file)},
                   {"times", failure.times}});
  }
  return out;
}

JsonText bad_memory_of(const volume::Volume& volume) {
  constexpr std::size_t most = 32; // STATUS has room for so much
  JsonText out = JsonText::array();
  const auto places = volume.bad_places();
  for (const auto& place : places | std::views::take(most)) {
    out.push_back({{"offset", place.range.offset},
                   {"length", place.range.length},
                   {"where", volume::name(place.where)},
                   {"file", name_or_null(place.file)}});
  }
  return out;
}

JsonText without_failures(const MountBase& mount) {
  JsonText out{{"version", FAMFS_CONTROL_VERSION},
               {"daemon_version", FAMFS_VERSION},
               {"pid", ::getpid()},
               {"device", mount.device.path},
               {"device_size", mount.device.size},
               {"mount_point", mount.line.mount_point}};
  out.update(mount.presented());
  out.update({{"read_only", mount.read_only},
              {"access_path", {{"name", mount.access->name()}, {"why", mount.access->why()}}},
              {"open_files", mount.open_files.count()},
              {"kernel",
               {{"offered", fmt::format("{:#x}", mount.init.offered())},
                {"taken", fmt::format("{:#x}", mount.init.taken())}}},
              {"memory_failures", mount.failures.count()}});
  return out;
}

} // namespace

JsonText Mount::presented() const {
  const volume::Usage usage = volume.usage();
  return {{"presentation", "files"},
          {"role", volume.role() == volume::Role::master ? "master" : "client"},
          {"uuid", volume.superblock().file_system.text()},
          {"system_uuid", volume.superblock().system.text()},
          {"log",
           {{"entries", usage.log_entries},
            {"capacity", usage.log_capacity},
            {"position", usage.log_entries},
            {"replayed", usage.replayed_entries},
            {"appended", usage.log_entries - usage.replayed_entries},
            {"faults", log_faults.load()}}},
          {"space",
           {{"data", usage.data_bytes},
            {"free", usage.free_bytes},
            {"bad", usage.bad_bytes},
            {"alloc_unit", usage.alloc_unit}}},
          {"files", usage.files},
          {"directories", usage.directories},
          {"pending", usage.pending_files},
          {"pins", volume.pins()},
          {"bad_memory", bad_memory_of(volume)}};
}

std::string status_text(const MountBase& mount, std::size_t most) {
  mount.watch.settle(); // what was met before is told
  const JsonText rest = without_failures(mount);
  const auto all = mount.failures.last();
  for (std::span<const Failure> failures(all);; failures = failures.subspan(1)) {
    std::string text = JsonText(rest).set("failures", listed(failures)).text();
    if (text.size() <= most || failures.empty()) {
      text.resize(std::min(text.size(), most));
      return text;
    }
  }
}

} // namespace famfs::daemon
