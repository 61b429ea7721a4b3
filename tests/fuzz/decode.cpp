// One structure: its bytes, and the geometry that it is held against. What is accepted is sound by
// arithmetic that cannot wrap, and encodes to bytes that say the same.
//
//   1 which structure · 1 allocation unit · 8 device's size · 4 index · the bytes
#include "fuzz.h"
#ifdef FAMFS_FUZZER
#include "structures.h"
#endif

#include "format/entry.h"
#include "format/log_header.h"
#include "format/superblock.h"

#include <algorithm>
#include <memory>
#include <string>

using namespace famfs;
using namespace famfs::format;
using famfs::fuzz::must;

namespace {

using Wide = __uint128_t;

constexpr std::uint64_t kLogLength = 8 * MiB;
constexpr std::size_t kStructureAt = 14;
constexpr std::size_t kCrcEnd = 104; // of a superblock: what it covers, and the CRC

// On the heap, so that a sanitizer sees a read past it.
template <std::size_t N> std::unique_ptr<std::array<std::byte, N>> take(fuzz::Input& input) {
  auto bytes = std::make_unique<std::array<std::byte, N>>();
  input.fill(*bytes);
  return bytes;
}

void must_be_described(const Fault& fault) {
  fuzz::must_be_one_line(describe(fault));
  fuzz::must_be_one_line(meaning(fault.kind));
}

// Bytes that a value does not hold (padding, what lies behind a path's NUL) are not asked for: but
// what was encoded once must come back to the last byte.
void decode_superblock_of(fuzz::Input& input, std::uint64_t device_size) {
  const auto bytes = take<kSuperblockSize>(input);
  const Superblock superblock = decode_superblock(*bytes);
  const auto again = encode(superblock);
  must(encode(decode_superblock(again)) == again, "a superblock that changes when it is encoded");
  if (const auto fault = validate(superblock, *bytes, device_size)) {
    must_be_described(*fault);
    return;
  }
  if (const auto fault = flags_fault(superblock)) {
    must_be_described(*fault);
  }
  must(!validate(decode_superblock(again), again, device_size),
       "a superblock refused when encoded");
  must(std::ranges::equal(Bytes(again).first(kCrcEnd), Bytes(*bytes).first(kCrcEnd)),
       "a superblock that says something else when it is encoded");
  const Geometry where = geometry(superblock, device_size);
  must(where.device_size <= device_size, "a device larger than it is");
  must(Wide{kLogOffset} + where.log_length <= where.device_size, "a log past the device's end");
  must(is_power_of_two(where.alloc_unit), "an allocation unit that is none");
}

void decode_header_of(fuzz::Input& input, const Geometry& where) {
  const auto bytes = take<kLogHeaderSize>(input);
  const LogHeader header = decode_log_header(*bytes);
  if (const auto fault = counters_fault(header)) {
    must_be_described(*fault);
  }
  if (const auto fault = validate(header, *bytes, where)) {
    must_be_described(*fault);
    return;
  }
  must(encode(header) == *bytes, "a header that changes when it is encoded");
  must(Wide{header.next_index} * kEntrySize + kLogHeaderSize <= where.log_length,
       "a next_index past the log");
}

bool sound_path(std::string_view path) {
  const std::string framed = "/" + std::string(path) + "/";
  return !path.empty() && path.size() < kPathField && framed.find("//") == std::string::npos &&
         framed.find("/./") == std::string::npos && framed.find("/../") == std::string::npos &&
         !framed.starts_with("/.meta/") && path.find('\0') == std::string_view::npos;
}

void must_be_sound(const FileMap& map, std::uint64_t size, const Geometry& where) {
  Wide capacity = 0;
  for (const Extent& extent : map.extents) {
    must(extent.device == 0 && extent.length > 0, "an extent of no length, or on no device");
    must(extent.offset % where.alloc_unit == 0 && extent.length % where.alloc_unit == 0,
         "an unaligned extent");
    must(extent.offset >= kLogOffset + where.log_length, "an extent over superblock or log");
    must(Wide{extent.offset} + extent.length <= where.device_size, "an extent past the device");
    capacity += extent.length;
  }
  must(size <= capacity, "a file larger than its extents");
  must((size == 0) == map.extents.empty(), "an empty file with extents, or the contrary");
}

// Every byte of a file, in order, in its extents, each at a place of its own.
void must_be_covered(const FileMap& map, std::uint64_t size) {
  std::uint64_t done = 0;
  int segments = 0;
  for_each_segment(map, 0, size, [&](const Segment& segment) {
    must(segment.file_offset == done && segment.length > 0, "segments that leave a hole");
    const bool inside = std::ranges::any_of(map.extents, [&](const Extent& extent) {
      return segment.offset >= extent.offset &&
             Wide{segment.offset} + segment.length <= Wide{extent.offset} + extent.length;
    });
    must(inside, "a segment outside the file's extents");
    done += segment.length;
    return ++segments < 1000;
  });
  must(done == size || segments == 1000, "segments that end early");
}

struct MustBeSound {
  const Geometry& where;

  void operator()(const FileEntry& file) const {
    must(sound_path(file.path.view()) && file.mode <= kModeBits, "a path or a mode that is wrong");
    must_be_sound(file.map, file.size, where);
    must_be_covered(file.map, file.size);
  }
  void operator()(const MkdirEntry& directory) const {
    must(sound_path(directory.path.view()) && directory.mode <= kModeBits,
         "a path or a mode that is wrong");
  }
  void operator()(const AddDeviceEntry& device) const {
    must(device.size > 0 && device.index > 0 && device.index < 256, "a device that cannot be");
  }
  void operator()(const OtherEntry& /*other*/) const { must(false, "an unknown type accepted"); }
};

void decode_entry_of(fuzz::Input& input, const Geometry& where, std::uint64_t index) {
  const auto bytes = take<kEntrySize>(input);
  if (const auto fault = check_whole(*bytes, index)) {
    must(reach(fault->kind) == Reach::log_tail, "a torn entry that is only refused");
    must_be_described(*fault);
    return;
  }
  const auto entry = decode_entry(*bytes, index, where);
  if (!entry) {
    must(reach(entry.error().kind) == Reach::entry && entry.error().entry == index,
         "a fault of another kind");
    must_be_described(entry.error());
    return;
  }
  std::visit(MustBeSound{where}, entry->body);
  must(!validate(*entry, where), "a value that is refused and its bytes that are not");
  const EntryBytes again = encode(*entry);
  must(!check_whole(again, index), "an entry that is torn when it is encoded");
  const auto reread = decode_entry(again, index, where);
  must(reread && encode(*reread) == again, "an entry that changes when it is encoded");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(std::as_bytes(std::span(data, size)));
  const auto which = input.take<std::uint8_t>();
  const bool small = input.take<std::uint8_t>() % 2 != 0;
  const auto device_size = input.take<std::uint64_t>();
  const std::uint64_t index = input.take<std::uint32_t>();
  // What a superblock that was accepted can say.
  const Geometry where{.device_size = std::max(device_size, kLogOffset + kLogLength),
                       .log_length = kLogLength,
                       .alloc_unit = small ? kSmallAllocUnit : kAllocUnit};
  if (which % 4 == 0) {
    decode_superblock_of(input, device_size);
  } else if (which % 4 == 1) {
    decode_header_of(input, where);
  } else {
    decode_entry_of(input, where, index);
  }
  return 0;
}

#ifdef FAMFS_FUZZER
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  using fuzz::Structure;
  fuzz::Random random(seed);
  if (random() % 8 == 0 || size < kStructureAt) {
    size = LLVMFuzzerMutate(data, size, max_size);
  }
  if (size == 0) {
    return 0;
  }
  const auto structure = static_cast<Structure>(std::min(data[0] % 4, 2));
  const std::size_t length = kStructureAt + fuzz::size_of(structure);
  if (length > max_size) {
    return size;
  }
  const MutableBytes all = std::as_writable_bytes(std::span(data, length));
  std::memset(data + std::min(size, length), 0, length - std::min(size, length));
  const MutableBytes bytes = all.subspan(kStructureAt);
  fuzz::mutate(structure, bytes, load_le<std::uint64_t>(all, 2), random);
  if (structure == Structure::entry) {
    store_le(bytes, 0, std::uint64_t{load_le<std::uint32_t>(all, 10)});
  }
  if (random() % 16 != 0) {
    fuzz::seal(structure, bytes);
  }
  return length;
}
#endif
