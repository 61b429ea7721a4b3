#include "world.h"

#include "base/units.h"
#include "catch.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace famfs::capi::test {

World* world = nullptr;

namespace {

int fake_query(int /*fd*/, std::uint32_t request, DirectFile& file) noexcept {
  ++world->queries;
  file = world->file;
  return request == FAMFS_MAP_USE ? world->query_error : -EIO;
}

int fake_open(const DeviceRef& /*device*/, bool writable) noexcept {
  const int error = writable ? world->open_error : world->read_error;
  return error != 0 ? error : world->device.open(writable ? O_RDWR : O_RDONLY);
}

bool is_device(int fd) {
  struct stat ours{};
  struct stat theirs{};
  return fd >= 0 && fstat(world->device.fd, &ours) == 0 && fstat(fd, &theirs) == 0 &&
         ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

// Does the range begin or end inside a mapped unit?
bool splits(Range range) {
  const std::uint64_t unit = world->file.device.alignment;
  for (const std::uintptr_t edge : {range.begin, range.end}) {
    if (edge % unit != 0 && world->units.contains(round_down(edge, unit))) {
      return true;
    }
  }
  return false;
}

void drop_units(Range range) {
  world->units.erase(world->units.lower_bound(range.begin), world->units.lower_bound(range.end));
}

std::intptr_t fake_map(std::uintptr_t address, std::size_t length, int protection, int flags,
                       int fd, std::uint64_t offset) noexcept {
  const std::uint64_t unit = world->file.device.alignment;
  if (world->fail_map >= 0 && world->fail_map-- == 0) {
    return -ENOMEM;
  }
  const bool device = is_device(fd) && (flags & MAP_ANONYMOUS) == 0;
  world->device_maps += device ? 1 : 0;
  if (device && offset % unit != 0) {
    world->wrong_bytes = true;
  }
  if (device && (length % unit != 0 || address % unit != 0)) {
    return -EINVAL;
  }
  if ((flags & MAP_FIXED) != 0 && splits({address, address + length})) {
    return -EINVAL;
  }
  const std::intptr_t at = kLinux.map(address, length, protection, flags, fd, offset);
  if (at >= 0 && unit > page_size()) {
    const auto begin = static_cast<std::uintptr_t>(at);
    drop_units({begin, begin + length});
    for (std::uintptr_t u = begin; device && u < begin + length; u += unit) {
      world->units.insert(u);
    }
  }
  return at;
}

int fake_unmap(Range range) noexcept {
  if (splits(range)) {
    return -EINVAL;
  }
  const int error = kLinux.unmap(range);
  if (error == 0) {
    drop_units(range);
  }
  return error;
}

int fake_protect(Range range, int protection) noexcept {
  return splits(range) ? -EINVAL : kLinux.protect(range, protection);
}

int fake_advise(Range range, int advice) noexcept {
  return splits(range) ? -EINVAL : kLinux.advise(range, advice);
}

int fake_sync(Range range, int flags) noexcept {
  return kLinux.sync(range, flags);
}

std::intptr_t fake_remap(std::uintptr_t old, std::size_t old_size, std::size_t new_size, int flags,
                         std::uintptr_t target) noexcept {
  return kLinux.remap(old, old_size, new_size, flags, target);
}

constexpr MapSource kFakeSource{.query = fake_query, .open_device = fake_open};
constexpr Kernel kFakeKernel{.map = fake_map,
                             .unmap = fake_unmap,
                             .protect = fake_protect,
                             .sync = fake_sync,
                             .advise = fake_advise,
                             .remap = fake_remap};

template <class Fn> int signal_of(Fn&& act) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int signal : {SIGSEGV, SIGBUS}) {
      std::signal(signal, SIG_DFL); // Catch2's own handler would report
    }
    act();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

ScratchFile::ScratchFile(std::uint64_t size) {
  char name[] = "/dev/shm/famfs-test.capi.XXXXXX";
  fd = mkostemp(name, O_CLOEXEC);
  path = name;
  REQUIRE(fd >= 0);
  REQUIRE(ftruncate(fd, static_cast<off_t>(size)) == 0);
}

ScratchFile::~ScratchFile() {
  close(fd);
  unlink(path.c_str());
}

int ScratchFile::open(int flags) const {
  return ::open(path.c_str(), flags | O_CLOEXEC);
}

World::World(std::uint64_t file_size, std::initializer_list<format::Extent> extents,
             std::uint64_t unit)
    : device(kDeviceSize), file_on_disk(file_size), mapper(kFakeSource, kFakeKernel) {
  world = this;
  fd = file_on_disk.open(O_RDWR);
  file.size = file_size;
  file.device.size = kDeviceSize;
  file.device.alignment = unit;
  std::strcpy(file.device.path, device.path.c_str());
  for (const format::Extent& extent : extents) {
    file.map.extents.push_back(extent);
    for (std::uint64_t at = extent.offset; at < extent.offset + extent.length; at += 4096) {
      REQUIRE(pwrite(device.fd, &at, sizeof at, static_cast<off_t>(at)) == sizeof at);
    }
  }
}

World::~World() {
  CHECK_FALSE(wrong_bytes);
  mapper.reset();
  close(fd);
  world = nullptr;
}

std::intptr_t World::map(std::size_t length, std::uint64_t offset, int flags,
                         std::uintptr_t address, int protection, int descriptor) {
  DirectFile learned;
  const MapRequest request{.address = address,
                           .length = length,
                           .protection = protection,
                           .flags = MAP_SHARED | flags,
                           .fd = descriptor >= 0 ? descriptor : fd,
                           .offset = offset};
  return mapper.map(request, learned).result;
}

std::uint64_t World::stamp(std::uint64_t file_offset) const {
  return format::segment_at(file.map, file_offset, 4096).offset;
}

World::Count World::mappings() const {
  Count count;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    count.device += line.ends_with(device.path) ? 1 : 0;
    count.file += line.ends_with(file_on_disk.path) ? 1 : 0;
    count.reserved += line.find("---p 00000000 00:00 0") != std::string::npos ? 1 : 0;
  }
  return count;
}

std::uintptr_t address(std::intptr_t mapped) {
  REQUIRE(mapped > 0);
  return static_cast<std::uintptr_t>(mapped);
}

std::uint64_t word_at(std::intptr_t address) {
  std::uint64_t word = 0;
  std::memcpy(&word, pointer(static_cast<std::uintptr_t>(address)), sizeof word);
  return word;
}

bool readable(std::uintptr_t address) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const bool result = write(ends[1], pointer(address), 1) == 1; // EFAULT, no signal
  close(ends[0]);
  close(ends[1]);
  return result;
}

int signal_of_load(std::uintptr_t address) {
  return signal_of([&] { static_cast<void>(*static_cast<volatile char*>(pointer(address))); });
}

int signal_of_store(std::uintptr_t address) {
  return signal_of([&] { *static_cast<volatile char*>(pointer(address)) = 1; });
}

} // namespace famfs::capi::test
