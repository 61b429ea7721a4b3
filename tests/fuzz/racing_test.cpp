// Readers beside a second process that rewrites superblock, header and entries under them, with
// right CRCs and wrong ones: what they see changes between any two loads. They may be refused, and
// may see any of what was there; never anything that is not sound, and never outside the device.
#include "fuzz.h"
#include "oracle.h"

#include "base/crc32.h"
#include "media/device.h"
#include "volume/check.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace famfs;
using namespace famfs::format;
using fuzz::must;
using volume::Volume;

namespace {

constexpr std::uint64_t kDeviceSize = 64 * MiB;
constexpr std::uint64_t kData = kLogOffset + kMinLogLength;
constexpr std::uint64_t kEntries = 200;
constexpr std::uint64_t kLooks = 300; // of each outcome, at least
using Random = std::minstd_rand;

// -- the writer

Superblock good_superblock() {
  Superblock superblock;
  superblock.device_size = kDeviceSize;
  return superblock;
}

Entry any_entry(std::uint64_t index, Random& random) {
  const auto name = std::string(1 + random() % 3, static_cast<char>('a' + random() % 8));
  const auto path = random() % 2 == 0 ? name : "d/" + name;
  if (index == 0 || random() % 4 == 0) {
    return {.seqnum = index,
            .body = MkdirEntry{.path = RelPath(index == 0 ? "d" : path), .mode = 0755}};
  }
  FileEntry file{.path = RelPath(path), .mode = 0644, .map = {}};
  for (auto extents = 1 + random() % 4; extents-- > 0;) {
    file.map.extents.push_back({.device = 0,
                                .offset = kData + random() % 30 * kAllocUnit,
                                .length = (1 + random() % 3) * kAllocUnit});
  }
  file.size = 1 + random() % file.map.capacity();
  return {.seqnum = index, .body = file};
}

// Stored as any host may: piece by piece, in any order.
void store(MutableBytes device, std::uint64_t offset, Bytes bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    __atomic_store_n(reinterpret_cast<std::uint64_t*>(device.data() + offset + at),
                     load_le<std::uint64_t>(bytes, at), __ATOMIC_RELAXED);
  }
}

void spoil(MutableBytes bytes, std::size_t crc_at, Random& random) {
  if (random() % 4 != 0) {
    return;
  }
  bytes[random() % bytes.size()] = static_cast<std::byte>(random());
  if (random() % 4 != 0) {
    store_le<std::uint64_t>(bytes, crc_at, crc32(Bytes(bytes).first(crc_at)));
  }
}

void rewrite(MutableBytes device, Random& random) {
  switch (random() % 64) {
  case 0: {
    Superblock superblock = good_superblock();
    superblock.log_length <<= random() % 3;
    superblock.alloc_unit = random() % 2 == 0 ? kAllocUnit : kSmallAllocUnit;
    auto bytes = encode(superblock);
    spoil(bytes, 96, random);
    store(device, 0, bytes);
    break;
  }
  case 1: {
    auto header = make_log_header(kMinLogLength);
    header.next_index = header.next_seqnum = random() % kEntries;
    auto bytes = encode(header);
    spoil(bytes, 24, random);
    store(device, kLogOffset, bytes);
    break;
  }
  default: {
    const std::uint64_t index = random() % kEntries;
    auto bytes = encode(any_entry(index, random));
    spoil(bytes, 536, random);
    store(device, entry_offset(index), bytes);
  }
  }
}

void good(MutableBytes device, Random& random) {
  for (std::uint64_t index = 0; index < kEntries; ++index) {
    store(device, entry_offset(index), encode(any_entry(index, random)));
  }
  auto header = make_log_header(kMinLogLength);
  header.next_index = header.next_seqnum = kEntries / 2;
  store(device, kLogOffset, encode(header));
  store(device, 0, encode(good_superblock()));
}

// A process of its own: a sanitizer of ours sees no race that is meant to be one.
[[noreturn]] void write_for_ever(MutableBytes device) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Random random(7);
  for (std::uint64_t round = 0;; ++round) {
    if (round % 128 == 0) {
      good(device, random);
    }
    rewrite(device, random);
  }
}

// -- the readers

// What is committed stays as it is, whatever comes later.
void read_all(Volume& volume, tree::NodeId directory) {
  std::vector<volume::Attributes> children;
  must(volume
           .list(directory, 0,
                 [&](const tree::Child&, const volume::Attributes& attributes) {
                   children.push_back(attributes);
                   return true;
                 })
           .has_value(),
       "a directory that cannot be listed");
  std::vector<std::byte> bytes(5000);
  for (const auto& child : children) {
    if (child.kind == volume::Kind::directory) {
      read_all(volume, child.id);
    } else {
      must(volume.read(child.id, child.size / 2, bytes).has_value(), "a file that cannot be read");
    }
  }
}

struct Seen {
  std::atomic<std::uint64_t> opened = 0, refused = 0, followed = 0, usable = 0, damaged = 0;
};

void look(media::Memory& memory, Seen& seen) {
  fuzz::Faults faults;
  const auto opened = Volume::open(memory, {}, faults);
  if (!opened) {
    fuzz::must_be_one_line(opened.error().message);
    ++seen.refused;
    return;
  }
  ++seen.opened;
  std::thread beside([&] { read_all(**opened, tree::kRoot); });
  for (int i = 0; i < 3; ++i) {
    seen.followed += (*opened)->follow() ? 1 : 0;
  }
  beside.join();
  static_cast<void>(fuzz::sound_namespace(**opened));
}

void check(const media::Memory& memory, Seen& seen) {
  fuzz::Faults faults;
  const auto report = volume::check(memory, faults);
  must(report && report->faults == faults.count(), "a check that could not run");
  must(volume::dump(memory).has_value(), "a dump that could not be made");
  ++(report->usable ? seen.usable : seen.damaged);
}

std::unique_ptr<media::Memory> mapped(const std::string& path) {
  auto device = media::Device::open(path, media::Access::read_only);
  must(device.has_value(), "a stand-in that cannot be opened");
  auto memory = device->map();
  must(memory.has_value(), "a stand-in that cannot be mapped");
  return std::move(*memory);
}

MutableBytes shared(int file) {
  void* const at = ::mmap(nullptr, kDeviceSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  must(at != MAP_FAILED, "no memory");
  return {static_cast<std::byte*>(at), kDeviceSize};
}

void race(media::Memory& memory) {
  Seen seen;
  const auto enough = [&] {
    return std::min({seen.opened.load(), seen.refused.load(), seen.followed.load(),
                     seen.usable.load(), seen.damaged.load()}) >= kLooks;
  };
  std::thread checker([&] {
    while (!enough()) {
      check(memory, seen);
    }
  });
  while (!enough()) {
    look(memory, seen);
  }
  checker.join();
  std::printf("%lu opened, %lu refused, %lu followed; %lu checked, %lu of them damaged\n",
              seen.opened.load(), seen.refused.load(), seen.followed.load(),
              seen.usable.load() + seen.damaged.load(), seen.damaged.load());
}

} // namespace

int main() {
  std::string path = "/dev/shm/famfs-test.XXXXXX";
  const int file = ::mkstemp(path.data());
  must(file >= 0 && ::ftruncate(file, kDeviceSize) == 0, "no stand-in");
  const auto memory = mapped(path);
  ::unlink(path.c_str());
  const pid_t writer = ::fork();
  if (writer == 0) {
    write_for_ever(shared(file));
  }
  race(*memory);
  must(::kill(writer, SIGKILL) == 0 && ::waitpid(writer, nullptr, 0) == writer,
       "a writer that ended early");
  return 0;
}
