#include "status.h"

#include "base/control.h"

#include <fmt/format.h>

#include <unistd.h>

namespace famfs::daemon {
namespace {

// A place may be in no file.
Document name_or_null(const std::string& name) {
  return name.empty() ? Document() : Document(name);
}

Document failures_of(const Mount& mount) {
  Document out = Document::array();
  for (const Failure& failure : mount.failures.last()) {
    out.push_back({{"offset", failure.offset},
                   {"length", failure.length},
                   {"file", name_or_null(failure.file)},
                   {"times", failure.times}});
  }
  return out;
}

Document bad_memory_of(const Mount& mount) {
  constexpr std::size_t most = 32; // STATUS has room for so much
  Document out = Document::array();
  for (const auto& place : mount.volume.bad_places()) {
    if (out.size() < most) {
      out.push_back({{"offset", place.range.offset},
                     {"length", place.range.length},
                     {"where", volume::name(place.where)},
                     {"file", name_or_null(place.file)}});
    }
  }
  return out;
}

} // namespace

Document status_document(const Mount& mount) {
  const volume::Usage usage = mount.volume.usage();
  const bool master = mount.volume.role() == volume::Role::master;
  return {
      {"version", FAMFS_CONTROL_VERSION},
      {"pid", ::getpid()},
      {"device", mount.device.path},
      {"device_size", usage.device_bytes},
      {"mount_point", mount.line.mount_point},
      {"role", master ? "master" : "client"},
      {"read_only", mount.read_only},
      {"access_path", {{"name", mount.access.name()}, {"why", mount.access.why()}}},
      {"uuid", mount.volume.superblock().file_system.text()},
      {"system_uuid", mount.volume.superblock().system.text()},
      {"log",
       {{"entries", usage.log_entries},
        {"capacity", usage.log_capacity},
        {"position", usage.log_entries}}},
      {"space",
       {{"data", usage.data_bytes},
        {"free", usage.free_bytes},
        {"bad", usage.bad_bytes},
        {"alloc_unit", usage.alloc_unit}}},
      {"files", usage.files},
      {"directories", usage.directories},
      {"pending", usage.pending_files},
      {"pins", mount.volume.pins()},
      {"open_files", mount.open_files.count()},
      {"kernel",
       {{"offered", fmt::format("{:#x}", mount.init.offered())},
        {"taken", fmt::format("{:#x}", mount.init.taken())}}},
      {"bad_memory", bad_memory_of(mount)},
      {"failures", failures_of(mount)},
  };
}

std::string status_text(const Mount& mount, std::size_t most) {
  mount.watch.settle(); // what was met before is told
  Document document = status_document(mount);
  std::string text = to_json(document);
  while (text.size() > most && !document["failures"].empty()) {
    document["failures"].erase(0);
    text = to_json(document);
  }
  text.resize(std::min(text.size(), most));
  return text;
}

} // namespace famfs::daemon
