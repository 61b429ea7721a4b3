// Making a mapping: reserve one range, lay the device's pieces and the pages past the end into it,
// enter it into the table. Any failure undoes what was done.
#include "capi/mapper.h"

#include "base/fd.h"
#include "base/units.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace famfs::capi {
namespace {

constexpr std::size_t kHugePage = 2 * MiB;
// Longer ones do not fit any address space, and sums of a few of these do not wrap.
constexpr std::size_t kLongest = std::size_t{1} << 60;
// In a file: past the end of it however much it grows, so that the pages stay out of reach.
constexpr std::uint64_t kPastAnyEnd = std::uint64_t{1} << 61;

// Those that say where, which the reservation has dealt with.
constexpr int kWhere = MAP_FIXED | MAP_FIXED_NOREPLACE
#ifdef MAP_32BIT
                       | MAP_32BIT
#endif
    ;

// What mmap(2) of any file refuses before it asks the file system, in its order.
int check_arguments(const MapRequest& request) noexcept {
  const std::size_t page = page_size();
  if (request.offset % page != 0) {
    return -EINVAL;
  }
  const int status = ::fcntl(request.fd, F_GETFL);
  if (status < 0 || (status & O_PATH) != 0) {
    return -EBADF;
  }
  if (request.length == 0) {
    return -EINVAL;
  }
  if (request.length > kLongest) {
    return -ENOMEM;
  }
  if (request.offset > INT64_MAX - request.length) {
    return -EOVERFLOW;
  }
  const int access = status & O_ACCMODE;
  const bool writes = (request.protection & PROT_WRITE) != 0;
  return access == O_WRONLY || (writes && access != O_RDWR) ? -EACCES : 0;
}

// As mmap(2) would name what keeps us from a device.
int as_mmap_error(int error) noexcept {
  switch (-error) {
  case EPERM:
  case EROFS:
    return -EACCES;
  case ENOENT:
  case ENOTDIR:
  case ELOOP:
  case ENXIO:
    return -ENODEV;
  default:
    return error;
  }
}

bool is_access_error(int error) noexcept {
  return error == -EACCES || error == -EPERM || error == -EROFS;
}

} // namespace

struct Mapper::Job {
  Job(const MapRequest& r, const DirectFile& f) noexcept : request(r), file(f) {}

  const MapRequest& request;
  const DirectFile& file;
  Placement placement;
  UniqueFd device;
  Mapping mapping;
  std::uintptr_t first = 0; // address of the first byte

  [[nodiscard]] Range reservation() const noexcept {
    return {first - placement.head, first - placement.head + placement.reserved()};
  }
};

MapOutcome Mapper::map(const MapRequest& request, DirectFile& file) noexcept {
  if (const int error = check_arguments(request); error != 0) {
    return {Verdict::not_ours, error}; // the kernel says the same, whoever's file it is
  }
  if (const int error = source_.query(request.fd, FAMFS_MAP_USE, file); error != 0) {
    return {is_want(error) ? Verdict::refused : Verdict::not_ours,
            error == -ENOTTY ? -ENODEV : error};
  }
  Job job(request, file);
  if (const int error = prepare(job); error != 0) {
    return {Verdict::refused, error};
  }
  if (job.placement.has_device()) {
    const bool writes = (request.protection & PROT_WRITE) != 0;
    int fd = source_.open_device(file.device, job.mapping.writable);
    if (is_access_error(fd) && job.mapping.writable && !writes) {
      fd = source_.open_device(file.device, false);
    }
    if (fd < 0) {
      return {is_want(fd) ? Verdict::refused : Verdict::out_of_reach, as_mmap_error(fd)};
    }
    job.device = UniqueFd(fd);
  }
  return build(job);
}

int Mapper::prepare(Job& job) noexcept {
  struct stat status{};
  if (::fstat(job.request.fd, &status) != 0) {
    return -errno;
  }
  job.mapping.file_dev = status.st_dev;
  job.mapping.file_ino = status.st_ino;
  job.mapping.writable = (::fcntl(job.request.fd, F_GETFL) & O_ACCMODE) == O_RDWR &&
                         !job.file.read_only && !job.request.read_only;
  job.mapping.kernel_syncs = job.file.device.id == 0;
  if ((job.request.protection & PROT_WRITE) != 0 && !job.mapping.writable) {
    return -EACCES;
  }
  const std::size_t length = round_up(job.request.length, page_size());
  const int error = place(job.file, job.request.offset, length, job.placement);
  job.mapping.unit = job.placement.unit;
  return error;
}

MapOutcome Mapper::build(Job& job) noexcept {
  if (const int error = pin(job); error != 0) {
    return {Verdict::refused, error};
  }
  const std::intptr_t at = reserve(job);
  int error = at < 0 ? static_cast<int>(at) : 0;
  if (error == 0) {
    job.first = static_cast<std::uintptr_t>(at);
    error = lay_device_part(job);
    error = error != 0 ? error : lay_past_end(job);
    error = error != 0 ? error : enter(job);
    if (error != 0) {
      static_cast<void>(kernel_.unmap(job.reservation()));
    }
  }
  if (error != 0) {
    static_cast<void>(kernel_.unmap({job.mapping.pin, job.mapping.pin + page_size()}));
    return {Verdict::refused, error};
  }
  return {Verdict::mapped, at};
}

// A mapping, where a descriptor would be closed by closefrom(2), or taken for the program's own.
// The kernel keeps the file open for it, over fork(2) and until exit or exec.
int Mapper::pin(Job& job) const noexcept {
  const int exec = job.request.protection & PROT_EXEC; // for a noexec mount to refuse
  const std::intptr_t at = kernel_.map(0, page_size(), exec, MAP_PRIVATE, job.request.fd, 0);
  if (at < 0) {
    return static_cast<int>(at);
  }
  job.mapping.pin = static_cast<std::uintptr_t>(at);
  return 0;
}

std::intptr_t Mapper::reserve(const Job& job) noexcept {
  const MapRequest& request = job.request;
  if ((request.flags & MAP_FIXED_NOREPLACE) != 0) {
    return reserve_at(job.placement, request.address);
  }
  if ((request.flags & MAP_FIXED) != 0) {
    return reserve_over(job.placement, request.address);
  }
  if (request.address != 0) {
    const std::intptr_t at = reserve_at(job.placement, request.address & ~(page_size() - 1));
    if (at >= 0) {
      return at;
    }
  }
  return reserve_anywhere(job.placement, request.flags);
}

// Address and device offset agree modulo 2 MiB where that can be had, so that the kernel can map
// huge pages; modulo the unit in any case.
std::intptr_t Mapper::reserve_anywhere(const Placement& placement, int flags) const noexcept {
  constexpr int kNowhere = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  const std::size_t wish = placement.device_part >= kHugePage ? kHugePage : page_size();
  std::intptr_t at = 0;
  for (const std::size_t alignment : {std::max(wish, placement.unit), placement.unit}) {
    const std::size_t length = placement.reserved() + alignment - page_size();
    at = kernel_.map(0, length, PROT_NONE, kNowhere | (flags & kWhere), -1, 0);
    if (at < 0) {
      continue;
    }
    const auto got = static_cast<std::uintptr_t>(at);
    const std::uintptr_t begin = got + ((placement.phase - placement.head - got) & (alignment - 1));
    const std::uintptr_t end = begin + placement.reserved();
    int error = 0;
    for (const Range spare : {Range{got, begin}, Range{end, got + length}}) {
      error = error == 0 && !spare.empty() ? kernel_.unmap(spare) : error;
    }
    if (error != 0) { // the kernel would have to split what it has merged with a neighbour
      static_cast<void>(kernel_.unmap({got, got + length}));
      return error;
    }
    return static_cast<std::intptr_t>(begin + placement.head);
  }
  return at;
}

// Exactly there, if nothing is.
std::intptr_t Mapper::reserve_at(const Placement& placement, std::uintptr_t address) noexcept {
  if (address % page_size() != 0 || address < placement.head ||
      (address - placement.phase) % placement.unit != 0) {
    return -EINVAL;
  }
  const std::uintptr_t begin = address - placement.head;
  const int error = claim({begin, begin + placement.reserved()});
  return error != 0 ? error : static_cast<std::intptr_t>(address);
}

// Exactly there, in place of whatever is. Only what the caller sees may be replaced: the rest of
// the first and last unit must be free.
std::intptr_t Mapper::reserve_over(const Placement& placement, std::uintptr_t address) noexcept {
  if (address % page_size() != 0 || address < placement.head ||
      (address - placement.phase) % placement.unit != 0) {
    return -EINVAL;
  }
  const Range seen{address, address + placement.length};
  const Range before{address - placement.head, seen.begin};
  const Range after{seen.end, before.begin + placement.reserved()};
  const Locked lock(*this);
  if (!table_.reserve()) {
    return -ENOMEM;
  }
  if (!before.empty() && claim(before) != 0) {
    return -EINVAL;
  }
  std::intptr_t result = after.empty() || claim(after) == 0 ? 0 : -EINVAL;
  const bool after_claimed = result == 0 && !after.empty();
  if (result == 0) {
    result = kernel_.map(seen.begin, seen.size(), PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  }
  if (result >= 0) {
    forget(seen);
    return static_cast<std::intptr_t>(address);
  }
  if (!before.empty()) {
    static_cast<void>(kernel_.unmap(before));
  }
  if (after_claimed) {
    static_cast<void>(kernel_.unmap(after));
  }
  return result;
}

int Mapper::claim(Range range) const noexcept {
  const std::intptr_t at =
      kernel_.map(range.begin, range.size(), PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (at < 0) {
    return static_cast<int>(at);
  }
  const auto got = static_cast<std::uintptr_t>(at);
  if (got != range.begin) { // a kernel before 4.17 takes the address for a hint
    static_cast<void>(kernel_.unmap({got, got + range.size()}));
    return -EEXIST;
  }
  return 0;
}

int Mapper::lay_device_part(const Job& job) const noexcept {
  const Placement& placement = job.placement;
  const int flags = (job.request.flags & ~kWhere) | MAP_FIXED;
  int error = 0;
  if (!placement.has_device()) {
    return 0;
  }
  for_each_piece(job.file, job.request.offset, placement.device_part, [&](const Piece& piece) {
    const std::size_t head = piece.at == 0 ? placement.head : 0;
    const std::uintptr_t address = job.first + piece.at - head;
    const std::uint64_t offset = piece.device_offset - head;
    const std::size_t length = round_up(piece.length + head, placement.unit);
    // devdax would take such an offset and map other bytes.
    if (offset % placement.unit != 0 || address % placement.unit != 0) {
      error = -EINVAL;
      return false;
    }
    const std::intptr_t at =
        kernel_.map(address, length, job.request.protection, flags, job.device.get(), offset);
    error = at < 0 ? static_cast<int>(at) : 0;
    return error == 0;
  });
  return error;
}

// As in a mapping of any file, a touch there is SIGBUS.
int Mapper::lay_past_end(const Job& job) const noexcept {
  const Placement& placement = job.placement;
  if (!placement.has_past_end()) {
    return 0;
  }
  const std::intptr_t at = kernel_.map(
      job.first + placement.device_end, placement.length - placement.device_end,
      job.request.protection, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, job.request.fd, kPastAnyEnd);
  return at < 0 ? static_cast<int>(at) : 0;
}

int Mapper::enter(const Job& job) noexcept {
  const Placement& placement = job.placement;
  const std::size_t on_device = std::min(placement.length, placement.device_end);
  Part parts[2];
  std::size_t count = 0;
  if (on_device != 0) {
    parts[count++] = {.range = {job.first, job.first + on_device},
                      .file_offset = job.request.offset,
                      .protection = job.request.protection};
  }
  if (on_device != placement.length) {
    parts[count++] = {.range = {job.first + on_device, job.first + placement.length},
                      .file_offset = job.request.offset + on_device,
                      .protection = job.request.protection,
                      .past_end = true};
  }
  const Locked lock(*this);
  if (!table_.reserve()) {
    return -ENOMEM;
  }
  table_.add(job.mapping, {&parts[0], count});
  return 0;
}

} // namespace famfs::capi
