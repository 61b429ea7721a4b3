// The ioctls as the kernel hands them to famfsd: any number, any sizes, any bytes, by root and by
// others, on files, on directories, on .meta and on the file of a raw mount. The daemon's own
// operations; what they say to libfuse ends here.
//
//   1 open file · 1 uid, sizes, flags · 4 command · its struct, as many bytes as the kernel copies
//   …
#include "base/control.h"
#include "base/diag.h"
#include "meta_files.h"
#include "mount.h"
#include "ops.h"
#include "oracle.h"
#include "raw/mount.h"
#include "reply.h"
#include "sparse_memory.h"

#include "format/log_header.h"

#include <array>
#include <memory>
#include <vector>

using namespace famfs;
using namespace famfs::daemon;
using fuzz::must;

namespace {

constexpr std::uint64_t kDeviceSize = 64 * MiB;

struct Request {
  MountBase& mount;
  fuse_ctx context{};
  std::size_t room = 0; // of the answer
  int replies = 0;
};

Request& request_of(fuse_req_t req) {
  return *reinterpret_cast<Request*>(req);
}

void must_be_a_map(const famfs_ioc_map& map) {
  must(map.count <= FAMFS_CONTROL_EXTENTS && map.path_length < FAMFS_CONTROL_PATH &&
           map.device_path[map.path_length] == '\0',
       "a map that leads outside its struct");
  for (std::size_t i = 0; i < map.count; ++i) {
    const auto& extent = map.extents[i];
    must(extent.device == 0 && extent.length > 0 && extent.offset < map.device_size &&
             extent.length <= map.device_size - extent.offset,
         "an extent outside the device");
  }
}

} // namespace

// In libfuse's place: the linker prefers what the program itself has.
void* fuse_req_userdata(fuse_req_t req) {
  return &request_of(req).mount;
}
const fuse_ctx* fuse_req_ctx(fuse_req_t req) {
  return &request_of(req).context;
}
int fuse_reply_err(fuse_req_t req, int error) {
  must(error > 0 && error < 200, "an answer that is no errno");
  ++request_of(req).replies;
  return 0;
}
int fuse_reply_ioctl(fuse_req_t req, int result, const void* out, std::size_t size) {
  Request& request = request_of(req);
  must(result == 0 && size <= request.room, "an answer larger than its room");
  // Touched to the last byte, so that a sanitizer sees one that was never set.
  const auto* const bytes = static_cast<const std::byte*>(out);
  const std::vector<std::byte> copy(bytes, bytes + size);
  if (size == sizeof(famfs_ioc_map)) {
    famfs_ioc_map map;
    std::memcpy(&map, copy.data(), sizeof map);
    must_be_a_map(map);
  }
  ++request.replies;
  return 0;
}

namespace {

// What outlives a mount, and costs too much to make for each input.
struct Surroundings {
  CommandLine line{.device = "/dev/dax0.0", .mount_point = "/mnt", .options = {}};
  media::DeviceInfo device{.path = "/dev/dax0.0",
                           .id = {},
                           .kind = media::DeviceKind::regular,
                           .mode = media::DriverMode::file,
                           .size = kDeviceSize,
                           .alignment = 4096,
                           .region = {},
                           .bad = {}};
  // Nobody's: a report of a failure finds no holder.
  holder::Registry registry{{.directory = "/proc/self/no-such-directory"}};
  Failures failures{"/dev/dax0.0"};
  MemoryWatch watch{[](const media::BadRange&) {}};
  Metrics metrics;

  [[nodiscard]] Ground with(media::Memory& memory) {
    return {.line = line,
            .device = device,
            .memory = memory,
            .registry = registry,
            .failures = failures,
            .watch = watch,
            .metrics = metrics,
            .ready = [] {}};
  }
};

Surroundings& surroundings() {
  static Surroundings instance;
  return instance;
}

std::unique_ptr<fuzz::SparseMemory> new_device() {
  auto memory =
      std::make_unique<fuzz::SparseMemory>(kDeviceSize, format::kLogOffset + format::kMinLogLength);
  format::Superblock fields;
  fields.device_size = kDeviceSize;
  const auto superblock = format::encode(fields);
  const auto header = format::encode(format::make_log_header(format::kMinLogLength));
  must(memory->store(0, superblock) && memory->store(format::kLogOffset, header), "no device");
  return memory;
}

struct OpenFile {
  std::uint64_t node = 0;
  std::uint64_t handle = 0;
  bool directory = false;
};

// One call: what the kernel would send of it.
void call(Request& request, const fuse_lowlevel_ops& operations, const OpenFile& file,
          fuzz::Input& input) {
  static constexpr auto kCommands = std::to_array<unsigned>(
      {FAMFS_IOC_MAP, FAMFS_IOC_RESERVE, FAMFS_IOC_COMMIT, FAMFS_IOC_LOGPLAY, FAMFS_IOC_STATUS,
       FAMFS_IOC_REPORT_FAILURE, FAMFS_IOC_ANNOUNCE, FAMFS_IOC_CLONE, FAMFS_IOC_METRICS});
  const auto how = input.take<std::uint8_t>();
  const auto number = input.take<std::uint32_t>();
  const unsigned command = number < 0x100 ? kCommands[number % kCommands.size()] : number;
  const std::size_t size = (how & 2U) == 0 ? _IOC_SIZE(command) : input.take<std::uint8_t>();
  const bool in = (_IOC_DIR(command) & _IOC_WRITE) != 0;
  const bool out = (_IOC_DIR(command) & _IOC_READ) != 0;
  request.room = out ? size : 0;
  request.context = {.uid = how & 1U, .gid = 0, .pid = 1, .umask = 022};
  request.replies = 0;
  std::vector<std::byte> bytes(in ? size : 0);
  input.fill(bytes);
  fuse_file_info info{};
  info.fh = file.handle;
  const unsigned flags = (file.directory ? unsigned{FUSE_IOCTL_DIR} : 0U) | (how >> 6U);
  operations.ioctl(reinterpret_cast<fuse_req_t>(&request), file.node, static_cast<int>(command),
                   nullptr, &info, flags, bytes.data(), bytes.size(), request.room);
  must(request.replies == 1, "a request that was not answered once");
}

void calls(MountBase& mount, const fuse_lowlevel_ops& operations, std::span<const OpenFile> files,
           fuzz::Input& input) {
  Request request{.mount = mount};
  for (int i = 0; i < 32 && !input.empty(); ++i) {
    call(request, operations, files[input.take<std::uint8_t>() % files.size()], input);
  }
}

OpenFile opened(Mount& mount, tree::NodeId node, bool writable) {
  auto handle = std::make_unique<Handle>();
  handle->node = node;
  handle->writable = writable;
  if (!meta::is_meta(node)) {
    handle->pin = std::move(*mount.volume.pin(node));
  }
  return {.node = node,
          .handle = reinterpret_cast<std::uint64_t>(mount.open_files.add(std::move(handle)))};
}

std::vector<OpenFile> open_files(Mount& mount) {
  volume::Volume& volume = mount.volume;
  const auto directory = volume.make_directory(tree::kRoot, "d", {}, 0755)->id;
  const auto committed = volume.create(directory, "committed", {}, 0644)->id;
  must(volume.lay_out(committed, {.size = 3 * MiB}) &&
           volume.commit(committed, volume::Volume::Why::by_request),
       "a file that cannot be committed");
  const auto pending = volume.create(directory, "pending", {}, 0644)->id;
  const auto read_only = volume.create(tree::kRoot, "read_only", {}, 0644)->id;
  return {{.node = tree::kRoot, .handle = 1, .directory = true},
          {.node = directory, .handle = 2, .directory = true},
          {.node = meta::kDirectory, .handle = 3, .directory = true},
          opened(mount, committed, true),
          opened(mount, pending, true),
          opened(mount, volume.create(tree::kRoot, "other", {}, 0644)->id, true),
          opened(mount, read_only, false),
          opened(mount, meta::kLog, false),
          opened(mount, meta::kSuperblock, false)};
}

void on_files(fuzz::Input& input) {
  const auto device = new_device();
  fuzz::SparseMemory& memory = *device;
  fuzz::Faults faults;
  auto volume = volume::Volume::open(memory, {.role = volume::Role::master}, faults);
  must(volume.has_value(), "a new device that cannot be opened");
  PrivateDirectories directories(**volume);
  const std::atomic<std::uint64_t> none = 0;
  Mount mount(surroundings().with(memory), **volume, directories, none, [](tree::NodeId) {});
  calls(mount, operations(), open_files(mount), input);
  must(!memory.strayed(), "a look outside the device");
}

void on_raw(fuzz::Input& input) {
  const auto device = new_device();
  fuzz::SparseMemory& memory = *device;
  volume::BadMemory bad({});
  raw::RawMount mount(surroundings().with(memory), {}, bad);
  const std::array files{OpenFile{.node = raw::kRoot, .handle = 1, .directory = true},
                         OpenFile{.node = raw::kDevice, .handle = 2}};
  calls(mount, raw::operations(), files, input);
  must(!memory.strayed(), "a look outside the device");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  if (input.take<std::uint8_t>() % 8 == 0) {
    on_raw(input);
  } else {
    on_files(input);
  }
  return 0;
}
