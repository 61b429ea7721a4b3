// A device and a file of tmpfs, a daemon that says what a test wants, and a kernel that behaves
// like that of a device with large units where the test asks for one: it refuses to map or split
// them, and a device offset that is not a multiple of the unit, which the real one would map
// wrongly, fails the test.
#pragma once

#include "capi/mapper.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace famfs::capi::test {

inline constexpr std::size_t kPage = 4096;

struct ScratchFile {
  explicit ScratchFile(std::uint64_t size);
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile();
  [[nodiscard]] int open(int flags) const;

  std::string path;
  int fd = -1;
};

class World {
public:
  static constexpr std::uint64_t kDeviceSize = std::uint64_t{64} << 20;

  // `extents` back the file in order; every page of the device begins with its own offset.
  World(std::uint64_t file_size, std::initializer_list<format::Extent> extents,
        std::uint64_t unit = 4096);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // Negative errno or address.
  std::intptr_t map(std::size_t length, std::uint64_t offset = 0, int flags = 0,
                    std::uintptr_t address = 0, int protection = 3, int fd = -1);
  // What the device has at the first bytes of the file's page.
  [[nodiscard]] std::uint64_t stamp(std::uint64_t file_offset) const;
  // Mappings of this process that are of the device, of the file, or reserved.
  struct Count {
    int device = 0;
    int file = 0;
    int reserved = 0;
    bool operator==(const Count&) const = default;
  };
  [[nodiscard]] Count mappings() const;

  ScratchFile device;
  ScratchFile file_on_disk; // stands for the file on the mount: what pins are of
  int fd = -1;              // of it, read and write
  DirectFile file;          // the daemon's answer
  int query_error = 0;
  int open_error = 0; // for opening to write; `read_error` to read
  int read_error = 0;
  int queries = 0;
  int device_maps = 0;
  int fail_map = -1;              // the n-th map call from now fails with ENOMEM; -1 never
  bool wrong_bytes = false;       // an offset was asked for that devdax would round down
  std::set<std::uintptr_t> units; // mapped device units, when they are larger than a page
  Mapper mapper;
};

// World of the running test: kernel and source are plain functions.
extern World* world;

// What map() gave, which must not be an error.
[[nodiscard]] std::uintptr_t address(std::intptr_t mapped);
[[nodiscard]] std::uint64_t word_at(std::intptr_t address);
// Can the page be read? Without a signal when not.
[[nodiscard]] bool readable(std::uintptr_t address);
// The signal that a load (or a store) there dies of, in a child; 0 when it lives.
[[nodiscard]] int signal_of_load(std::uintptr_t address);
[[nodiscard]] int signal_of_store(std::uintptr_t address);

} // namespace famfs::capi::test
