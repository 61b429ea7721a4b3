#include "volume/impl.h"
#include "volume/space.h"

#include "base/text.h"

#include <fmt/format.h>

namespace famfs::volume {

namespace {

constexpr std::size_t kMaxName = 255;

Error name_too_long(std::string_view name) {
  return {.code = Errc::name_too_long,
          .message =
              fmt::format("name of {} bytes: too long: use {} at most", name.size(), kMaxName)};
}

bool is_one_component(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." && !name.contains('/') &&
         !name.contains('\0');
}

Attributes with_info(Attributes attributes, const tree::NodeInfo& info) noexcept {
  attributes.kind = info.kind;
  attributes.uid = info.uid;
  attributes.gid = info.gid;
  attributes.mode = info.mode;
  attributes.size = info.size;
  attributes.all_hosts_read_only = info.flags == format::kFileAllHostsRead;
  return attributes;
}

} // namespace

std::unexpected<Error> stale(NodeId id) {
  return fail(Errc::stale, fmt::format("node {:#x}: it is gone: look its name up again", id));
}

Result<File> Volume::Impl::acquire(NodeId id) const {
  for (;;) {
    LockedPending found;
    {
      const std::shared_lock lock(mutex);
      found.file = pending_of(id);
      if (!found.file) {
        const auto info = contents.tree.info(id);
        if (!info) {
          return stale(id);
        }
        if (info->kind == Kind::directory) {
          return directory_error(id);
        }
        return File(Committed{.info = *info, .map = contents.tree.map(id)});
      }
    }
    found.lock = std::unique_lock(found.file->mutex);
    // Committed or gone since it was found: then it is in `pending` no more, and the next look
    // tells.
    if (found.file->state == PendingState::pending) {
      return File(std::move(found));
    }
  }
}

std::shared_ptr<Pending> Volume::Impl::pending_of(NodeId id) const {
  const auto found = pending.find(id);
  return found == pending.end() ? nullptr : found->second;
}

std::optional<Attributes> Volume::Impl::attributes_of(NodeId id) const {
  const auto info = contents.tree.info(id);
  const Attributes empty{.id = id, .modified = times.get(id)};
  if (info && (!info->pending || info->kind == Kind::directory)) {
    auto attributes = with_info(empty, *info);
    attributes.pending = info->pending;
    if (info->kind == Kind::directory) {
      attributes.links = 2 + contents.tree.subdirectory_count(id);
    } else {
      attributes.allocated = allocated_bytes(contents.tree.map(id));
    }
    return attributes;
  }
  const auto file = pending_of(id);
  if (!file) {
    return std::nullopt;
  }
  auto attributes = with_info(empty, file->info);
  attributes.size = file->size;
  attributes.allocated = allocated_bytes(file->map);
  attributes.links = file->orphan ? 0 : 1;
  attributes.pending = true;
  return attributes;
}

Result<void> Volume::Impl::expect_directory(NodeId id) const {
  const auto info = contents.tree.info(id);
  if (!info && !pending.contains(id)) {
    return stale(id);
  }
  if (!info || info->kind != Kind::directory) {
    return fail(Errc::not_directory,
                fmt::format("{}: it is a file: name a directory", message_path(id)));
  }
  return {};
}

std::unexpected<Error> Volume::Impl::directory_error(NodeId id) const {
  return fail(Errc::is_directory,
              fmt::format("{}: it is a directory: name a file", message_path(id)));
}

Error Volume::Impl::why_not_found(NodeId parent, std::string_view name) const {
  if (auto directory = expect_directory(parent); !directory) {
    return directory.error();
  }
  if (name.size() > kMaxName) {
    return name_too_long(name);
  }
  return {.code = Errc::not_found,
          .message = fmt::format("{}: no such file or directory", printable(name))};
}

Result<std::string> Volume::Impl::new_path(NodeId parent, std::string_view name) const {
  if (auto directory = expect_directory(parent); !directory) {
    return std::unexpected(directory.error());
  }
  if (name.size() > kMaxName) {
    return std::unexpected(name_too_long(name));
  }
  if (!is_one_component(name)) {
    return fail(Errc::invalid,
                fmt::format("\"{}\": not a name: use one component", printable(name)));
  }
  std::string path = contents.tree.path(parent);
  if (!path.empty()) {
    path += '/';
  }
  path += name;
  if (path.size() > format::kMaxPath) {
    return fail(Errc::name_too_long,
                fmt::format("{}: a path of {} bytes: too long: the format records {} at most",
                            printable(path), path.size(), format::kMaxPath));
  }
  if (const auto fault = format::path_fault(path)) {
    // What the mount shows there is not in the log.
    const bool there = *fault == format::FaultKind::path_reserved;
    return fail(there ? Errc::exists : Errc::invalid,
                fmt::format("{}: {}: use another name", printable(path), format::meaning(*fault)));
  }
  return path;
}

Result<void> Volume::Impl::may_append() const {
  if (role == Role::client) {
    return fail(Errc::read_only,
                "volume: this host is a client: only the master, whose system UUID "
                "is the superblock's, may change the namespace");
  }
  if (!writer) {
    return fail(Errc::corrupt, "log: damaged before its commit point: nothing may be appended over "
                               "it: run fsck.famfs");
  }
  if (auto good = bad.avoid(format::kLogOffset, geometry.log_length); !good) {
    return fail(Errc::io, "log: its memory has failed: nothing can be recorded: unmount, and mount "
                          "with -o ro to save files");
  }
  return {};
}

Result<void> Volume::Impl::room_in_log() const {
  const std::uint64_t promised = pending.size() - orphans + pending_directories.size();
  if (writer->used() + promised < writer->capacity()) {
    return {};
  }
  return fail(Errc::log_full, fmt::format("log: 0 entries are left of {} ({} of them promised to "
                                          "what is not yet committed): make a file system with a "
                                          "longer log",
                                          writer->capacity(), promised));
}

std::string Volume::Impl::message_path(NodeId id) const {
  const std::string path = contents.tree.path(id);
  if (!path.empty()) {
    return printable(path);
  }
  return id == tree::kRoot ? "/" : "(removed file)";
}

std::string Volume::Impl::locked_path(NodeId id) const {
  const std::shared_lock lock(mutex);
  return message_path(id);
}

std::optional<tree::NodeInfo> Volume::Impl::directory_info(NodeId id) const {
  const std::shared_lock lock(mutex);
  auto info = contents.tree.info(id);
  return info && info->kind == Kind::directory ? info : std::nullopt;
}

} // namespace famfs::volume
