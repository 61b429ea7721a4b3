#include "control.h"

#include "meta_files.h"
#include "status.h"

#include <fmt/format.h>

#include <cstring>

namespace famfs::daemon::control {
namespace {

Result<void> check_version(std::uint32_t version) {
  if (version != FAMFS_CONTROL_VERSION) {
    return fail(Errc::invalid,
                fmt::format("ioctl of version {}: this famfsd knows {}: use the libfamfs "
                            "that came with it",
                            version, FAMFS_CONTROL_VERSION));
  }
  return {};
}

void put_device(const media::DeviceInfo& device, famfs_ioc_map& out) {
  out.device_size = device.size;
  out.device_alignment = device.alignment;
  if (device.kind == media::DeviceKind::devdax) {
    out.device_id = device.id.dev;
  } else {
    out.device_dev = device.id.dev;
    out.device_ino = device.id.ino;
  }
  out.path_length = static_cast<std::uint32_t>(device.path.size());
  std::memcpy(out.device_path, device.path.c_str(), device.path.size() + 1);
}

void put_map(const volume::Volume::MapView& view, famfs_ioc_map& out) {
  static_assert(FAMFS_CONTROL_EXTENTS == format::kMaxExtents);
  out.kind =
      view.map.kind == format::MapKind::interleaved ? FAMFS_MAP_INTERLEAVED : FAMFS_MAP_SIMPLE;
  out.flags = view.pending ? unsigned{FAMFS_MAP_PENDING} : 0U;
  out.size = view.size;
  out.chunk = view.map.chunk;
  out.count = static_cast<std::uint32_t>(view.map.extents.size());
  for (std::size_t i = 0; i < view.map.extents.size(); ++i) {
    const format::Extent& extent = view.map.extents[i];
    out.extents[i] = {.device = extent.device, .offset = extent.offset, .length = extent.length};
  }
}

Result<volume::Volume::MapView> view_of(Mount& mount, tree::NodeId node, bool use, bool root) {
  const auto range = meta::range(node, mount.volume.geometry());
  if (!range) {
    return mount.volume.map(node, use, root ? volume::Reader::root : volume::Reader::anyone);
  }
  if (!root) {
    return fail(Errc::access_denied, "map of a file in .meta: only root may");
  }
  volume::Volume::MapView view;
  view.size = range->length;
  view.map.extents.push_back({.device = 0, .offset = range->offset, .length = range->length});
  return view;
}

Result<famfs_ioc_status> as_text(const std::string& text) {
  famfs_ioc_status out{};
  if (text.size() > sizeof out.text) {
    return fail(Errc::too_big, fmt::format("a text of {} bytes: the ioctl has room for {}",
                                           text.size(), sizeof out.text));
  }
  out.length = static_cast<std::uint32_t>(text.size());
  std::memcpy(out.text, text.data(), text.size());
  return out;
}

Result<void> check_writable(const Handle& handle) {
  if (!handle.writable) {
    return fail(Errc::access_denied,
                "ioctl on a file that is open for reading only: open it for writing");
  }
  return {};
}

// Whoever asks for the commit gets it: nothing waits for what comes after the close.
void by_request(Mount& mount, tree::NodeId node) {
  static_cast<void>(mount.drafts.end(node));
  if (const auto parent = mount.volume.parent(node)) {
    mount.private_directories.end_from(*parent);
  }
}

} // namespace

Result<void> check_map(const MountBase& mount, const famfs_ioc_map& in) {
  if (auto checked = check_version(in.version); !checked) {
    return checked;
  }
  if (in.request != FAMFS_MAP_LOOK && in.request != FAMFS_MAP_USE) {
    return fail(Errc::invalid, fmt::format("map request {}: unknown", in.request));
  }
  if (mount.device.path.size() >= FAMFS_CONTROL_PATH) {
    return fail(Errc::name_too_long,
                "the device's path is too long to be told: mount it by a shorter one");
  }
  return {};
}

famfs_ioc_map map_answer(MountBase& mount, const famfs_ioc_map& in,
                         const volume::Volume::MapView& view) {
  famfs_ioc_map out{};
  out.version = FAMFS_CONTROL_VERSION;
  out.request = in.request;
  put_map(view, out);
  put_device(mount.device, out);
  if (in.request == FAMFS_MAP_USE) {
    mount.metrics.add(Count::mapped_bytes, out.size);
  }
  return out;
}

Result<famfs_ioc_map> map(Mount& mount, tree::NodeId node, const famfs_ioc_map& in, bool root) {
  if (auto checked = check_map(mount, in); !checked) {
    return std::unexpected(checked.error());
  }
  const auto view = view_of(mount, node, in.request == FAMFS_MAP_USE, root);
  if (!view) {
    return std::unexpected(view.error());
  }
  famfs_ioc_map out = map_answer(mount, in, *view);
  if (mount.read_only || meta::is_meta(node)) {
    out.flags |= FAMFS_MAP_READONLY;
  }
  return out;
}

Result<void> reserve(Mount& mount, const Handle& handle, const famfs_ioc_reserve& in, bool root) {
  if (auto checked = check_version(in.version); !checked) {
    return checked;
  }
  if (auto checked = check_writable(handle); !checked) {
    return checked;
  }
  if ((in.flags & ~unsigned{FAMFS_RESERVE_RAW | FAMFS_RESERVE_ON_REQUEST}) != 0) {
    return fail(Errc::invalid, fmt::format("reserve with flags {:#x}: unknown", in.flags));
  }
  const bool raw = (in.flags & FAMFS_RESERVE_RAW) != 0;
  if (raw && !root) {
    return fail(Errc::not_permitted, "raw space shows what others left in it: only root may");
  }
  volume::Volume::Layout layout{.size = in.size,
                                .raw = raw,
                                .on_request = (in.flags & FAMFS_RESERVE_ON_REQUEST) != 0,
                                .stripes = {}};
  if (in.chunk != 0 || in.strips != 0 || in.buckets != 0) {
    layout.stripes = alloc::Stripes{.strips = in.strips, .buckets = in.buckets, .chunk = in.chunk};
  }
  by_request(mount, handle.node);
  return mount.volume.lay_out(handle.node, layout);
}

Result<void> commit(Mount& mount, const Handle& handle) {
  if (auto checked = check_writable(handle); !checked) {
    return checked;
  }
  by_request(mount, handle.node);
  return mount.volume.commit(handle.node, volume::Volume::Why::by_request);
}

Result<void> clone(Mount& mount, const Handle& handle, const famfs_ioc_clone& in, bool root) {
  if (auto checked = check_version(in.version); !checked) {
    return checked;
  }
  if (auto checked = check_writable(handle); !checked) {
    return checked;
  }
  if (!root) {
    return fail(Errc::not_permitted, "clone: damages the file system on purpose: only root may");
  }
  static_cast<void>(mount.drafts.end(handle.node));
  return mount.volume.clone(handle.node, in.source);
}

Result<famfs_ioc_logplay> logplay(Mount& mount) {
  constexpr std::uint64_t most = 50'000; // some 20 ms
  const auto followed = mount.volume.follow(most);
  if (!followed) {
    return std::unexpected(followed.error());
  }
  return famfs_ioc_logplay{.entries = followed->entries,
                           .files = followed->files,
                           .directories = followed->directories,
                           .faults = followed->faults,
                           .position = followed->position,
                           .left = followed->left};
}

Result<famfs_ioc_status> status(const MountBase& mount) {
  return as_text(status_text(mount, FAMFS_CONTROL_TEXT));
}

Result<famfs_ioc_status> metrics(const MountBase& mount) {
  return as_text(mount.metrics.json().set("start_time", mount.started).text());
}

Result<void> report_failure(MountBase& mount, const famfs_ioc_failure& in, bool root) {
  if (!root) {
    return fail(Errc::not_permitted, "report of a memory failure: only root may");
  }
  const auto end = checked_add(in.offset, in.length);
  if (in.length == 0 || !end || *end > mount.device.size) {
    return fail(Errc::invalid,
                fmt::format("memory failure at {}, {} bytes: not on the device of {} bytes",
                            in.offset, in.length, mount.device.size));
  }
  return mount.registry.report_failure(mount.device.id, in.offset, in.length);
}

} // namespace famfs::daemon::control
